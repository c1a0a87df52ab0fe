"""`sobjects` and `describe`: the objects and fields that this user sees."""

from typing import Any

from connector.sandbox.exchange import Response, answer
from connector.sandbox.salesforce.schema import Field, Kind, kinds
from connector.sandbox.world import World

_MOST_IN_A_BATCH = 200
_SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "datetime": "xsd:dateTime",
    "date": "xsd:date",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
}
_LENGTHS = {"id": 18, "reference": 18, "string": 255, "picklist": 255, "textarea": 255, "email": 80}
_NO_OBJECT_FLAGS = (
    "activateable", "createable", "custom", "customSetting", "deletable", "deprecatedAndHidden",
    "feedEnabled", "hasSubtypes", "isInterface", "isSubtype", "layoutable", "mergeable",
    "mruEnabled", "searchable", "triggerable", "undeletable", "updateable",
)  # fmt: skip
_NO_FIELD_FLAGS = (
    "autoNumber", "calculated", "cascadeDelete", "caseSensitive", "createable", "custom",
    "dependentPicklist", "deprecatedAndHidden", "displayLocationInDecimal", "encrypted",
    "externalId", "formulaTreatNullNumberAsZero", "highScaleNumber", "htmlFormatted",
    "permissionable", "queryByDistance", "restrictedDelete", "unique", "updateable",
    "writeRequiresMasterRead",
)  # fmt: skip
_NULL_FIELD_KEYS = (
    "calculatedFormula", "compoundFieldName", "controllerName", "defaultValue",
    "defaultValueFormula", "extraTypeInfo", "filteredLookupInfo", "inlineHelpText", "mask",
    "maskType", "referenceTargetField", "relationshipOrder",
)  # fmt: skip


def everything(world: World, version: int) -> Response:
    """List the objects that this user sees."""
    rows = [_object(kind, version) for kind in kinds(world, version)]
    return answer({"encoding": "UTF-8", "maxBatchSize": _MOST_IN_A_BATCH, "sobjects": rows})


def basic(kind: Kind, version: int) -> Response:
    """Return one object's line, and no recent items."""
    return answer({"objectDescribe": _object(kind, version), "recentItems": []})


def whole(world: World, kind: Kind, version: int) -> dict[str, Any]:
    """Describe one object with its fields and with the objects that refer to it."""
    return _object(kind, version) | {
        "actionOverrides": [],
        "childRelationships": _children(world, kind, version),
        "compactLayoutable": False,
        "defaultImplementation": None,
        "fields": [_field(field) for field in kind.fields],
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": [],
        "searchLayoutable": False,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [{"label": f"All {kind.name}", "name": "everything"}],
    }


def _object(kind: Kind, version: int) -> dict[str, Any]:
    url = f"/services/data/v{version}.0/sobjects/{kind.name}"
    return dict.fromkeys(_NO_OBJECT_FLAGS, False) | {
        "associateEntityType": None,
        "associateParentEntity": None,
        "keyPrefix": kind.prefix,
        "label": kind.name,
        "labelPlural": f"{kind.name}s",
        "name": kind.name,
        "queryable": True,
        "replicateable": True,
        "retrieveable": True,
        "urls": {"sobject": url, "describe": f"{url}/describe", "rowTemplate": f"{url}/{{ID}}"},
    }


def _field(field: Field) -> dict[str, Any]:
    length = _LENGTHS.get(field.type, 0)
    flags = dict.fromkeys(_NO_FIELD_FLAGS, False) | dict.fromkeys(_NULL_FIELD_KEYS)
    return flags | {
        "aggregatable": field.type != "boolean",
        "aiPredictionField": False,
        "byteLength": length * 3 if field.type not in ("id", "reference") else length,
        "defaultedOnCreate": field.name in ("Id", "CreatedDate", "SystemModstamp", "IsDeleted"),
        "digits": 8 if field.type == "int" else 0,
        "filterable": True,
        "groupable": field.type not in ("datetime", "textarea"),
        "idLookup": field.type == "id",
        "label": field.name,
        "length": length,
        "name": field.name,
        "nameField": field.name == "Name",
        "namePointing": len(field.to) > 1,
        "nillable": field.type not in ("id", "boolean"),
        "picklistValues": [
            {"active": True, "defaultValue": False, "label": text, "validFor": None, "value": text}
            for text in field.values
        ],
        "polymorphicForeignKey": len(field.to) > 1,
        "precision": 0,
        "referenceTo": list(field.to),
        "relationshipName": field.by or None,
        "restrictedPicklist": bool(field.values),
        "scale": 0,
        "soapType": _SOAP_TYPES.get(field.type, "xsd:string"),
        "sortable": True,
        "type": field.type,
    }


def _children(world: World, kind: Kind, version: int) -> list[dict[str, Any]]:
    return [
        {
            "cascadeDelete": False,
            "childSObject": child.name,
            "deprecatedAndHidden": False,
            "field": field.name,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": None,
            "restrictedDelete": False,
        }
        for child in kinds(world, version)
        for field in child.fields
        if kind.name in field.to
    ]
