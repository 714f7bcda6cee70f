import pg from 'pg';
import { serveBaseline, types } from './baseline-server.ts';
import { POOL, settings } from './peer-settings.ts';

const pool = new pg.Pool({ connectionString: settings.databaseUrl, max: POOL, types });
pool.on('error', () => undefined);
serveBaseline((statement) => pool.query(statement), { isChecked: true });
