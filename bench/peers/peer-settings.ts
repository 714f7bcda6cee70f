/** What every peer gets from its environment, which is the one the service gets. */
export const settings = {
  port: Number(process.env['PORT']),
  databaseUrl: required('DATABASE_URL'),
  jwtSecret: required('JWT_SECRET'),
  origins: required('CORS_ORIGINS').split(','),
};

/** Connections to the database, for every peer. */
export const POOL = 10;

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
}
