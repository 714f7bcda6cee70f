import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Failure, classifyFailure } from './failures.ts';

const withCode = (code: string, message = 'any'): Error => Object.assign(new Error(message), { code });

const EXPECTED: Record<Failure, Record<string, unknown>> = {
  'not-sent': {
    'nothing listens': withCode('ECONNREFUSED'),
    'the name does not resolve': withCode('ENOTFOUND'),
    'the resolver is busy': withCode('EAI_AGAIN'),
    'the server starts or stops': withCode('57P03', 'the database system is starting up'),
    'the server refuses the connection': withCode('08004'),
    'the server has no slot left': withCode('53300', 'too many connections for role'),
    'a new connection takes too long': new Error('Connection terminated due to connection timeout'),
    'the client is known to be dead': new Error('Client has encountered a connection error and is not queryable'),
    'Neon cannot wake its compute': withCode('XX000', "Couldn't connect to compute node"),
    'every address refuses': new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')]),
  },
  'rolled-back': {
    'transactions collide': withCode('40001'),
    'transactions block each other': withCode('40P01'),
  },
  interrupted: {
    'an administrator ends the connection': withCode('57P01', 'terminating connection due to administrator command'),
    'another process of the server crashes': withCode('57P02'),
    'the peer resets': withCode('ECONNRESET'),
    'the pipe is broken': withCode('EPIPE'),
    'the network is silent': withCode('ETIMEDOUT'),
    'the connection is gone without a word': new Error('Connection terminated unexpectedly'),
    'the connection is closed': new Error('Connection terminated'),
    'the connection fails': withCode('08006'),
  },
  overloaded: {
    'the pool has no client in time': new Error('timeout exceeded when trying to connect'),
    'a statement takes too long': withCode('57014', 'canceling statement due to statement timeout'),
    'a lock takes too long': withCode('55P03', 'canceling statement due to lock timeout'),
  },
  misconfigured: {
    'the password is wrong': withCode('28P01'),
    'the database does not exist': withCode('3D000'),
    'a pooler refuses a startup parameter': withCode('08P01', 'unsupported startup parameter: statement_timeout'),
    'the migrations have not run': withCode('42P01', 'relation "tasks" does not exist'),
    'the role may not': withCode('42501'),
    'Neon has no such endpoint': withCode('XX000', "The requested endpoint could not be found, or you don't have access to it"),
    'Neon has suspended the project': withCode('XX000', 'Your account or project has exceeded the compute time quota.'),
  },
  other: {
    'a value is refused': withCode('23514', 'new row violates check constraint'),
    'a bug of ours': new TypeError('x is not a function'),
    'a syntax error': withCode('42601'),
    'an unknown internal error': withCode('XX000', 'cache lookup failed'),
    'no error at all': 'Connection terminated unexpectedly',
    nothing: undefined,
    'a code that is a number': Object.assign(new Error('any'), { code: 57 }),
  },
};

for (const [failure, cases] of Object.entries(EXPECTED)) {
  describe(`a failure is ${failure}`, () => {
    for (const [when, error] of Object.entries(cases)) test(`when ${when}`, () => assert.equal(classifyFailure(error), failure));
  });
}
