import { createServer } from 'node:http';

/** About as long as a list of 20 tasks. */
const BODY = JSON.stringify({ filling: 'x'.repeat(8_000) });

/** Answers everything with the same bytes: what it serves more than others is the room the load generator leaves them. */
createServer((_req, res) => {
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': BODY.length }).end(BODY);
}).listen(Number(process.env['PORT']), '0.0.0.0');
