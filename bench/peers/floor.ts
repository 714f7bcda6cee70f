import pg from 'pg';
import { serveFloor, types } from './floor-server.ts';
import { POOL, settings } from './settings.ts';

const pool = new pg.Pool({ connectionString: settings.databaseUrl, max: POOL, types });
pool.on('error', () => undefined);
serveFloor((statement) => pool.query(statement));
