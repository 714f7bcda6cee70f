/** The environment of every peer, which is the service's. */
export const settings = {
  port: Number(process.env['PORT']),
  databaseUrl: required('DATABASE_URL'),
  jwtSecret: required('JWT_SECRET'),
  origins: required('CORS_ORIGINS').split(','),
};

/** Database connections of every peer. */
export const POOL = 10;

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
}
