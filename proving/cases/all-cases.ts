import type { AuditFault, ProvingCase, Fault } from './case.ts';
import { cors } from './faults/cors.ts';
import { exposure } from './faults/exposure.ts';
import { exposureBreadth } from './faults/exposure-breadth.ts';
import { headers } from './faults/headers.ts';
import { input } from './faults/input.ts';
import { health } from './faults/health.ts';
import { identity } from './faults/identity.ts';
import { issuerTokens } from './faults/issuer-tokens.ts';
import { isolation } from './faults/isolation.ts';
import { isolationBreadth } from './faults/isolation-breadth.ts';
import { limitBreadth } from './faults/limit-breadth.ts';
import { limits } from './faults/limits.ts';
import { origins } from './faults/origins.ts';
import { repository } from './faults/repository.ts';
import { routing } from './faults/routing.ts';
import { sometimes } from './faults/sometimes.ts';
import { tokens } from './faults/tokens.ts';
import { tokensOfOneRoute } from './faults/tokens-of-one-route.ts';
import { transport } from './faults/transport.ts';
import { predecessorGaps } from './predecessor-gaps.ts';
import { auditFaults as ofTheAudit } from './audit-faults.ts';
import { soundExposure } from './sound-exposure.ts';
import { soundBreadth } from './sound-breadth.ts';
import { soundVariants as sound } from './sound-variants.ts';
import { soundVariantsOfRouting } from './sound-variants-of-routing.ts';

export const faults: readonly Fault[] = [
  ...cors,
  ...origins,
  ...routing,
  ...tokens,
  ...issuerTokens,
  ...tokensOfOneRoute,
  ...identity,
  ...isolation,
  ...isolationBreadth,
  ...exposure,
  ...exposureBreadth,
  ...input,
  ...limits,
  ...limitBreadth,
  ...health,
  ...headers,
  ...transport,
  ...repository,
  ...sometimes,
];

export const auditFaults: readonly AuditFault[] = [...ofTheAudit, ...predecessorGaps];

export const soundVariants: readonly ProvingCase[] = [...sound, ...soundExposure, ...soundBreadth, ...soundVariantsOfRouting];
