import type { AttackClass } from '../check.ts';

/** One parameter or header that turns on debugging, another form or more fields in some framework. */
export type Switch = { parameter?: string; header?: readonly [string, string] };

/** Switches that one request can carry together: they are sent one by one only where the response to all of them differs. */
export type SwitchClass = AttackClass & { switches: readonly Switch[]; mediaType?: string };

const parameters = (...given: readonly string[]): Switch[] => given.map((parameter) => ({ parameter }));
const headers = (...given: readonly (readonly [string, string])[]): Switch[] => given.map((header) => ({ header }));

/** The response may not end. */
export const STREAM: SwitchClass = {
  name: 'an event stream instead of JSON',
  source: 'asvs-4.1.1',
  mediaType: 'text/event-stream',
  switches: headers(['Accept', 'text/event-stream']),
};

export const SWITCHES: readonly SwitchClass[] = [
  {
    name: 'parameters that turn on debugging',
    source: 'asvs-13.4.2',
    switches: parameters(
      'debug=1',
      '_debug=true',
      'trace=true',
      'verbose=1',
      'explain=true',
      'profile=1',
      'test=1',
      'XDEBUG_SESSION=1',
      'raw=1',
      'admin=true',
    ),
  },
  {
    name: 'parameters that select fields',
    source: 'api3-2023',
    switches: parameters(
      'fields=*,password,password_hash,email',
      'include=user,owner',
      'expand=*',
      'select=password',
      'populate=*',
      'with=user',
      'embed=user',
      'attributes=*',
      '%24select=*',
      '%24where=1',
    ),
  },
  {
    name: 'parameters for another format',
    source: 'json-hijacking',
    switches: parameters(
      'callback=auditCallback',
      'jsonp=auditCallback',
      '_format=html',
      'format=xml',
      'output=csv',
      '_accept=text%2Fhtml',
      'pretty=1',
    ),
  },
  {
    name: 'headers that turn on debugging',
    source: 'asvs-13.4.2',
    switches: headers(
      ['X-Debug', '1'],
      ['X-Debug-Token', '1'],
      ['X-Debug-Mode', 'true'],
      ['X-Debug-Key', '1'],
      ['Debug', 'true'],
      ['X-Trace', '1'],
      ['X-Verbose', '1'],
      ['X-Environment', 'development'],
      ['X-Admin', 'true'],
    ),
  },
  {
    name: 'an HTML page instead of JSON',
    source: 'asvs-4.1.1',
    mediaType: 'text/html',
    switches: headers(['Accept', 'text/html,application/xhtml+xml;q=0.9']),
  },
  STREAM,
];
