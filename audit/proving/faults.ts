import type { AuditFault, Case, Fault } from './case.ts';
import { cors } from './faults/cors.ts';

export const faults: readonly Fault[] = [...cors];

export const auditFaults: readonly AuditFault[] = [];

export const lookAlikes: readonly Case[] = [];
