import type { Evidence } from '../../gather/context.ts';
import { gatherPairs, type PairsOf } from './gather-pairs.ts';
import { ODD_IDS } from './odd-ids.ts';
import { CONDITIONS, ODD_REQUESTS } from './odd-requests.ts';

export const oddIdsEvidence: Evidence<PairsOf[]> = {
  name: 'odd-ids',
  isMatrix: true,
  requests: [10, 42],
  area: 'isolation',
  gather: (context) => gatherPairs(context, { classes: ODD_IDS, isSparing: true, byOne: true }),
};

export const conditionsEvidence: Evidence<PairsOf[]> = {
  name: 'conditions',
  isMatrix: true,
  requests: [10, 30],
  area: 'isolation',
  gather: (context) => gatherPairs(context, { classes: CONDITIONS }),
};

export const oddRequestsEvidence: Evidence<PairsOf[]> = {
  name: 'odd-requests',
  isMatrix: true,
  requests: [10, 50],
  area: 'isolation',
  gather: (context) => gatherPairs(context, { classes: ODD_REQUESTS }),
};
