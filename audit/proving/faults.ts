import { auditFaults as ofTheAudit } from './audit-faults.ts';
import type { AuditFault, Case, Fault } from './case.ts';
import { cors } from './faults/cors.ts';
import { lookAlikes as sound } from './look-alikes.ts';
import { oldSuite } from './old-suite.ts';

export const faults: readonly Fault[] = [...cors];

export const auditFaults: readonly AuditFault[] = [...ofTheAudit, ...oldSuite];

export const lookAlikes: readonly Case[] = sound;
