"""SOAP login(), which is going away: not at API 65 and above (facts: salesforce §1.0b)."""

import re
from html import escape, unescape
from http import HTTPStatus

from connector.sandbox.exchange import Request, Response
from connector.sandbox.org import ORG_ID, USER_ID
from connector.sandbox.salesforce.logins import is_user, open_session
from connector.sandbox.salesforce.replies import instance_url
from connector.sandbox.world import World

PATH = re.compile(r"/services/Soap/u/(\d+)\.0/?")
_FIRST_WITHOUT = 65
_XML = "text/xml; charset=utf-8"
_OFF = "SOAP API login() is disabled by default in this org."
_GONE = "SOAP API login() is not available in this version."
_WRONG = "Invalid username, password, security token; or user locked out."
_REPLY = """\
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope \
xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" \
xmlns="urn:partner.soap.sforce.com"><soapenv:Body><loginResponse><result>\
<metadataServerUrl>{instance}/services/Soap/m/{version}.0/{org}</metadataServerUrl>\
<passwordExpired>false</passwordExpired><sandbox>false</sandbox>\
<serverUrl>{instance}/services/Soap/u/{version}.0/{org}</serverUrl>\
<sessionId>{token}</sessionId><userId>{user}</userId>\
<userInfo><organizationId>{org}</organizationId><userId>{user}</userId></userInfo>\
</result></loginResponse></soapenv:Body></soapenv:Envelope>"""
_FAULT = """\
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope \
xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" \
xmlns:sf="urn:fault.partner.soap.sforce.com"><soapenv:Body><soapenv:Fault>\
<faultcode>sf:{code}</faultcode><faultstring>{code}: {why}</faultstring>\
<detail><sf:LoginFault><sf:exceptionCode>{code}</sf:exceptionCode>\
<sf:exceptionMessage>{why}</sf:exceptionMessage></sf:LoginFault></detail>\
</soapenv:Fault></soapenv:Body></soapenv:Envelope>"""


def log_in(world: World, request: Request, version: int) -> Response:
    """Answer a login by SOAP; its faults have status 500."""
    if version >= _FIRST_WITHOUT:
        return _fault("INVALID_OPERATION", _GONE)
    if not world.switches["salesforce.password_logins"]:
        return _fault("INVALID_OPERATION", _OFF)
    text = request.body.decode("utf-8", "replace")
    if not is_user(_element(text, "username"), _element(text, "password")):
        return _fault("INVALID_LOGIN", _WRONG)
    return _xml(
        HTTPStatus.OK,
        _REPLY.format(
            instance=instance_url(world, request),
            version=version,
            org=ORG_ID,
            user=USER_ID,
            token=open_session(world),
        ),
    )


def _element(text: str, name: str) -> str:
    found = re.search(rf"<(?:\w+:)?{name}>([^<]*)</", text)
    return unescape(found[1]) if found else ""


def _fault(code: str, why: str) -> Response:
    text = _FAULT.format(code=code, why=escape(why, quote=False))
    return _xml(HTTPStatus.INTERNAL_SERVER_ERROR, text)


def _xml(status: int, text: str) -> Response:
    return Response(status, text.encode(), content_type=_XML)
