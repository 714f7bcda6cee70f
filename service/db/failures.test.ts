import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DatabaseError } from 'pg';
import { type Failure, classifyFailure, NotConnectedError, TimeoutError } from './failures.ts';

const withCode = (code: string, message = 'any'): Error => Object.assign(new Error(message), { code });

/** The code that PgBouncer uses for nearly all of its own errors. */
const pooler = (message: string): Error => withCode('08P01', message);

const outdatedPlan = (details: Partial<DatabaseError>): Error =>
  Object.assign(new DatabaseError('cached plan must not change result type', 0, 'error'), { code: '0A000', severity: 'ERROR', ...details });

const EXPECTED: Record<Failure, Record<string, unknown>> = {
  'not-sent': {
    'nothing listens': withCode('ECONNREFUSED'),
    'the name does not resolve': withCode('ENOTFOUND'),
    'the resolver is busy': withCode('EAI_AGAIN'),
    'the server starts or stops': withCode('57P03', 'the database system is starting up'),
    'the server rejects the connection': withCode('08004'),
    'the server has no slot left': withCode('53300', 'too many connections for role'),
    'a new connection takes too long': new Error('Connection terminated due to connection timeout'),
    'the client is known to be dead': new Error('Client has encountered a connection error and is not queryable'),
    'Neon cannot wake its compute': withCode('XX000', "Couldn't connect to compute node"),
    'Neon has too many attempts at once': withCode(
      'XX000',
      'Failed to acquire permit to connect to the database. Too many database connection attempts are currently ongoing.',
    ),
    'Neon cannot reach its control plane': withCode('XX000', 'Control plane request failed'),
    'the server is too busy for TLS': new Error('There was an error establishing an SSL connection'),
    'the connection breaks before the login': new NotConnectedError(new Error('Connection terminated unexpectedly')),
    'the peer resets before the login': new NotConnectedError(withCode('ECONNRESET')),
    'the pooler has not reached the server recently': pooler('server login has been failing, try again later (server_login_retry)'),
    'the pooler has not reached the server recently, and reports why': pooler(
      'server login has been failing, cached error: connect failed (server_login_retry)',
    ),
    'the pooler cannot reach the server': pooler('pgbouncer cannot connect to server'),
    'the pooler has waited too long for the server': pooler('client_login_timeout (server down)'),
    'the pooler has no slot left': pooler('no more connections allowed (max_client_conn)'),
    'the pooler finds no slot at the server': pooler('remaining connection slots are reserved for roles with the SUPERUSER attribute'),
    'the pooler finds the server starting': pooler('the database system is starting up'),
    'every address refuses the connection': new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')]),
  },
  'rolled-back': {
    'transactions collide': withCode('40001'),
    'transactions block each other': withCode('40P01'),
    'a column has changed its type': outdatedPlan({ routine: 'RevalidateCachedQuery' }),
    'a column has changed its type, behind a proxy that names no function': outdatedPlan({}),
    'a column has changed its type, in another language': outdatedPlan({ routine: 'RevalidateCachedQuery', message: 'zwischengespeicherter Plan' }),
    'the storage does not respond': withCode('58030', 'could not read block 0 in file "base/5/16384": read only 0 of 8192 bytes'),
    'a referenced row was deleted in the meantime': withCode('23503', 'insert or update on table violates foreign key constraint'),
  },
  interrupted: {
    'an administrator ends the connection': withCode('57P01', 'terminating connection due to administrator command'),
    'another process of the server crashes': withCode('57P02'),
    'the peer resets': withCode('ECONNRESET'),
    'the pipe is broken': withCode('EPIPE'),
    'the network is silent': withCode('ETIMEDOUT'),
    'the server ends a session that is idle': withCode('57P05', 'terminating connection due to idle-session timeout'),
    'the server ends a session that is idle in a transaction': withCode('25P03', 'terminating connection due to idle-in-transaction timeout'),
    'the server ends a transaction that takes too long': withCode('25P04', 'terminating connection due to transaction timeout'),
    'the connection ends without an error': new Error('Connection terminated unexpectedly'),
    'the connection is closed': new Error('Connection terminated'),
    'the connection fails': withCode('08006'),
    'a query times out': new TimeoutError('a query', 9_000),
    "the pooler's connection to the server is cut": pooler('server conn crashed?'),
    'the pooler ends an idle transaction': pooler('idle transaction timeout'),
    'the pooler ends an idle connection': pooler('client_idle_timeout'),
  },
  overloaded: {
    'the pool has no client in time': new NotConnectedError(new Error('timeout exceeded when trying to connect')),
    'the pooler has no connection in time': pooler('query_wait_timeout'),
    'the pooler ends a slow query': pooler('query timeout'),
    'a statement takes too long': withCode('57014', 'canceling statement due to statement timeout'),
    'a lock takes too long': withCode('55P03', 'canceling statement due to lock timeout'),
  },
  misconfigured: {
    'the password is wrong': withCode('28P01'),
    'the database does not exist': withCode('3D000'),
    'a pooler rejects a startup parameter': withCode('08P01', 'unsupported startup parameter: statement_timeout'),
    'the pooler rejects the password': pooler('SASL authentication failed'),
    "the server rejects the pooler's password": pooler('password authentication failed for user "app"'),
    'the server has been rejecting the password of the pooler': pooler(
      'server login has been failing, cached error: password authentication failed for user "app" (server_login_retry)',
    ),
    'the pooler does not know the database': pooler('no such database: tasks'),
    'the pooler does not find the database': pooler('database "tasks" does not exist'),
    'the pooler has the database disabled': pooler('database "tasks" is disabled'),
    'the protocol is broken otherwise': pooler('unexpected message'),
    'the migrations have not run': withCode('42P01', 'relation "tasks" does not exist'),
    'the certificate is of an unknown authority': withCode('SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain'),
    'the certificate cannot be traced to an authority': withCode('UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
    'the certificate has expired': withCode('CERT_HAS_EXPIRED'),
    'the certificate is for another host': withCode('ERR_TLS_CERT_ALTNAME_INVALID'),
    'the server does not support TLS': new Error('The server does not support SSL connections'),
    'the role lacks a privilege': withCode('42501'),
    'Neon has no such endpoint': withCode('XX000', "The requested endpoint could not be found, or you don't have access to it"),
    'Neon has suspended the project': withCode('XX000', 'Your account or project has exceeded the compute time quota.'),
  },
  'read-only': {
    'the session is read-only': withCode('25006', 'cannot execute INSERT in a read-only transaction'),
  },
  full: {
    'no space is left on the disk': withCode('53100', 'could not extend file "base/5/16384": No space left on device'),
    "Neon's limit of a project is reached": withCode('53100', 'could not extend file because project size limit (512 MB) has been exceeded'),
  },
  other: {
    'a message has the words of another failure': withCode('22P02', 'invalid input syntax for type integer: "Connection terminated"'),
    'a feature is not supported': withCode('0A000', 'FOR UPDATE is not allowed with DISTINCT clause'),
    'a value is rejected': withCode('23514', 'new row violates check constraint'),
    'a bug of the service': new TypeError('x is not a function'),
    'a syntax error': withCode('42601'),
    'an unknown internal error': withCode('XX000', 'cache lookup failed'),
    'a value that is not an error': 'Connection terminated unexpectedly',
    nothing: undefined,
    'a code that is a number': Object.assign(new Error('any'), { code: 57 }),
  },
};

for (const [failure, cases] of Object.entries(EXPECTED)) {
  describe(`a failure is ${failure}`, () => {
    for (const [when, error] of Object.entries(cases)) test(`when ${when}`, () => assert.equal(classifyFailure(error), failure));
  });
}
