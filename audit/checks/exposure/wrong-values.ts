import { type Json, typeOf } from '../../contract/openapi-document.ts';

/** Values of other types than the schema of a property has, and values that only look like one. Empty where it has no type. */
export function wrongValues({ format, enum: choices, ...schema }: Json): readonly unknown[] {
  if (Array.isArray(choices)) return ['AUDIT-UNKNOWN', [choices[0]]];
  switch (typeOf(schema)) {
    case 'string':
      return typeof format === 'string' && format.startsWith('date') ? ['2026-02-31T25:61:00Z', 20_260_231] : [12_345, { audit: 1 }];
    case 'boolean':
      return ['yes', 2];
    case 'integer':
    case 'number':
      return ['1x', [1]];
    case 'array':
      return ['text', { 0: 1 }];
    case 'object':
      return ['text', []];
    default:
      return [];
  }
}
