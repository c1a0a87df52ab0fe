// Each case does with jsforce what its users do, and prints what came of it as JSON.
const jsforce = require('jsforce');

const { SALESFORCE, CONTROL, KEY, SECRET, USERNAME, PASSWORD, TOKEN, REFRESH } = process.env;
const oauth2 = { loginUrl: SALESFORCE, clientId: KEY, clientSecret: SECRET };
const SENDS = "SELECT Id, Name FROM ListEmail WHERE Status = 'Scheduled' ORDER BY Name";

async function control(method, path, body) {
  const reply = await fetch(CONTROL + path, { method, body: body && JSON.stringify(body) });
  return reply.json();
}

async function connected() {
  const conn = new jsforce.Connection({ oauth2, version: '61.0', maxRequest: 20 });
  await conn.authorize({ grant_type: 'client_credentials' });
  return conn;
}

async function refusal(promise) {
  try {
    return { answered: await promise };
  } catch (error) {
    return { code: error.errorCode || error.name, message: String(error.message) };
  }
}

const cases = {
  async logins() {
    const byClient = await connected();
    const byPassword = new jsforce.Connection({ oauth2, version: '61.0' });
    await byPassword.login(USERNAME, PASSWORD + TOKEN);
    const bySoap = new jsforce.Connection({ loginUrl: SALESFORCE, version: '61.0' });
    await bySoap.login(USERNAME, PASSWORD + TOKEN);
    const conns = [byClient, byPassword, bySoap];
    const counts = await Promise.all(conns.map(async (conn) => (await conn.query(SENDS)).totalSize));
    const instances = conns.map((conn) => conn.instanceUrl);
    const users = conns.map((conn) => conn.userInfo.id);
    await byClient.logout();
    const wrong = new jsforce.Connection({ oauth2, version: '61.0' });
    return {
      counts,
      instances,
      users,
      wrong: await refusal(wrong.login(USERNAME, 'other')),
    };
  },

  async identity() {
    const conn = await connected();
    const first = await conn.identity();
    const bare = new jsforce.Connection({
      instanceUrl: conn.instanceUrl, accessToken: conn.accessToken, version: '61.0',
    });
    const found = await bare.identity();
    return { user: first.user_id, org: first.organization_id, same: found.user_id === first.user_id };
  },

  async refresh() {
    const conn = await connected();
    const kept = new jsforce.Connection({
      oauth2, instanceUrl: conn.instanceUrl, accessToken: conn.accessToken,
      refreshToken: REFRESH, version: '61.0',
    });
    let renewed = 0;
    kept.on('refresh', () => { renewed += 1; });
    const before = (await kept.query(SENDS)).totalSize;
    await control('DELETE', '/sessions');
    const after = (await kept.query(SENDS)).totalSize;
    return { before, after, renewed };
  },

  async queries() {
    const conn = await connected();
    const first = await conn.query(SENDS);
    const second = await conn.queryMore(first.nextRecordsUrl);
    const all = await conn.query(SENDS, { autoFetch: true, maxFetch: 100 });
    const found = await conn.sobject('listemail').find(
      {
        Status: 'Scheduled',
        $or: [{ Name: { $like: 'two%' } }, { Name: { $in: ['Harvest Dinner', 'x'] } }],
        ScheduledDate: { $gt: jsforce.Date.toDateTimeLiteral(new Date(0)) },
      },
      ['Id', 'Name'],
    ).sort({ Name: 1 }).limit(5);
    const rest = await conn.sobject('ListEmail').find(
      { $not: { Name: { $like: '%Dinner' } } }, 'Name',
    ).sort('-Name').skip(1);
    const unlike = await conn.sobject('FlowRecord').find(
      { Name: { $nlike: '%2025' }, SegmentId: { $exists: true } }, 'Name, Segment.Name',
    );
    const stars = await conn.sobject('FlowRecord').select('*, Segment.Name').execute();
    return {
      pages: [first, second].map((page) => page.records.map((row) => row.Name)),
      done: [first.done, second.done],
      all: all.records.map((row) => row.Name),
      found: found.map((row) => row.Name),
      rest: rest.map((row) => row.Name),
      unlike: unlike.map((row) => [row.Name, row.Segment.Name]),
      stars: Object.keys(stars[0]),
      count: await conn.sobject('ListEmail').count({ Status: 'Draft' }),
      used: conn.limitInfo.apiUsage.limit,
      limits: (await conn.limits()).DailyApiRequests.Max,
    };
  },

  async describe() {
    const conn = await connected();
    const all = await conn.describeGlobal();
    const flow = await conn.sobject('FlowRecord').describe();
    return {
      objects: all.sobjects.map((object) => object.name),
      prefix: all.sobjects.find((object) => object.name === 'ListEmail').keyPrefix,
      fields: flow.fields.map((object) => object.name),
      segment: flow.fields.find((object) => object.name === 'SegmentId').referenceTo,
      children: flow.childRelationships.map((child) => child.childSObject),
    };
  },

  async retrieve() {
    const conn = await connected();
    const ids = (await conn.query(SENDS)).records.map((row) => row.Id);
    const single = await conn.sobject('ListEmail').retrieve(ids[0]);
    const many = await conn.sobject('ListEmail').retrieve([ids[1], '0XB5f00000000AA', ids[0]]);
    return {
      single: single.Name,
      several: many.map((row) => row && row.Name),
      missing: await refusal(conn.sobject('ListEmail').retrieve('0XB5f00000000AA')),
    };
  },

  async refusals() {
    const conn = await connected();
    return {
      field: await refusal(conn.query('SELECT Nothing FROM ListEmail')),
      object: await refusal(conn.query('SELECT Id FROM Nothing')),
      query: await refusal(conn.query("SELECT Id FROM ListEmail WHERE Id = 'a' AND Id = 'b' OR Id = 'c'")),
      write: await refusal(conn.sobject('ListEmail').create({ Name: 'x' })),
    };
  },

  async texts() {
    const conn = await connected();
    const found = await conn.query('SELECT Name FROM FlowRecord ORDER BY CreatedDate DESC LIMIT 1');
    return { name: found.records[0].Name, codes: Array.from(found.records[0].Name, (char) => char.codePointAt(0)) };
  },
};

cases[process.argv[2]]().then(
  (result) => { console.log(JSON.stringify(result)); },
  (error) => { console.error(error); process.exit(1); },
);
