import { deletionOf, type Operation, type Resource } from './operations.ts';
import { wordsOf } from './words.ts';

/** An operation that the audit never executes, and why, as the end of a sentence that begins with "it". */
export type LeftOut = { operation: Operation; reason: string };

/** What the config file permits beyond the rule on writes. */
export type Permissions = {
  /** Operations that may be executed whatever their names say, such as "GET /reports/run". */
  safeOperations: readonly string[];
  /** Whether objects may be created that cannot be deleted. */
  leftovers: boolean;
};

export const NO_PERMISSIONS: Permissions = { safeOperations: [], leftovers: false };

/** Reads with such a name change something. */
const CHANGES =
  /^(reset|seed|purge|clear|flush|wipe|truncate|populate|init|create|delete|remove|drop|destroy|shutdown|restart|reboot|migrate|rollback|unsubscribe|revoke|deactivate|activate|confirm|approve|cancel|trigger|send|resend|impersonate)(db|database|databases|all|data|cache|everything)?$/;
const SIGN_IN = /^(log|sign)(in|out|off|up|on)$/;
const ACCOUNTS =
  /^(register|registration|registrations|password|passwords|otp|mfa|2fa|user|users|account|accounts|member|members|session|sessions|token|tokens|apikey|apikeys|credential|credentials)$/;
const MONEY =
  /^(pay|payment|payments|charge|charges|refund|refunds|capture|transfer|transfers|payout|payouts|withdraw|withdrawal|withdrawals|deposit|deposits|checkout|checkouts|purchase|purchases|order|orders|subscribe|subscription|subscriptions|invoice|invoices|donate|donation|donations|trade|trades)$/;
const MESSAGES =
  /^(send|resend|email|emails|mail|mails|newsletter|newsletters|sms|message|messages|invite|invites|invitation|invitations|notify|notification|notifications|broadcast|broadcasts|campaign|campaigns|webhook|webhooks|publish|share|shares)$/;

/**
 * Why an operation is never executed unless the config names it safe: its name says that it has effects besides the object in its path.
 * Undefined for all others, also for writes that the rule on writes forbids.
 */
export function effectOf(operation: Operation): string | undefined {
  const { method, path, id } = operation;
  const segments = segmentsOf(path);
  // Of the operation itself: segments before them name the collection, or whose objects they are.
  const own = method === 'POST' && !path.includes('{') ? segments.slice(-1) : segmentsOf(path.slice(path.lastIndexOf('}') + 1));
  const words = id.includes(' ') ? [] : wordsOf(id);
  const [verb = ''] = words;
  if ([...segments, ...words].some((word) => SIGN_IN.test(word))) return 'signs users in, up or out';
  if (method === 'GET') return [...own.slice(-1), verb].some((word) => CHANGES.test(word)) ? 'changes something, although it is a read' : undefined;
  if (method === 'DELETE' && own.length === 0) return undefined;
  if (own.some((word) => ACCOUNTS.test(word))) return 'acts on accounts';
  if ([...own, verb].some((word) => MONEY.test(word))) return 'moves money';
  if ([...own, verb].some((word) => MESSAGES.test(word))) return 'sends messages to people or to other systems';
  return undefined;
}

/** The fixed segments of a path, without separators: log-out is logout. */
function segmentsOf(path: string): string[] {
  return path
    .split('/')
    .filter((segment) => segment !== '' && !segment.includes('{'))
    .map((segment) => segment.replaceAll(/[^A-Za-z\d]/g, '').toLowerCase());
}

/** The collections in which the audit may create objects, with the operations that it may execute. */
export function usable(
  operations: readonly Operation[],
  resources: readonly Resource[],
  { safeOperations, leftovers }: Permissions,
): { resources: readonly Resource[]; leftOut: readonly LeftOut[] } {
  const isNamed = ({ method, path }: Operation): boolean => safeOperations.includes(`${method} ${path}`);
  const withEffects = new Map(operations.flatMap((operation) => (isNamed(operation) ? [] : [[operation.id, effectOf(operation)] as const])));
  const isLeftOut = ({ id }: Operation): boolean => withEffects.get(id) !== undefined;
  const kept = resources
    .map((resource) => ({
      ...resource,
      onItem: resource.onItem.filter((operation) => !isLeftOut(operation)),
      lookups: resource.lookups.filter(({ operation }) => !isLeftOut(operation)),
    }))
    .filter((resource) => ![resource.list, resource.create, resource.read].some(isLeftOut))
    .filter((resource) => leftovers || deletionOf(resource) !== undefined);
  const names = new Set(kept.map(({ name }) => name));
  const places = new Set(kept.flatMap(({ create, onItem }) => [create, ...onItem].map(({ id }) => id)));
  function reasonFor(operation: Operation): string | undefined {
    if (isLeftOut(operation)) return withEffects.get(operation.id);
    if (operation.method === 'GET' || places.has(operation.id) || isNamed(operation)) return undefined;
    const isCreation = resources.some(({ create }) => create.id === operation.id);
    return isCreation ? 'creates objects that cannot be deleted' : 'writes to something that the audit did not create';
  }
  const leftOut = operations.flatMap((operation) => {
    const reason = reasonFor(operation);
    return reason === undefined ? [] : [{ operation, reason }];
  });
  return { resources: kept.map((resource) => ({ ...resource, references: resource.references.filter(({ to }) => names.has(to)) })), leftOut };
}
