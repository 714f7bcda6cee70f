import { createServer } from 'node:http';

/** About as long as a list of 20 tasks. */
const BODY = JSON.stringify({ filling: 'x'.repeat(8_000) });

createServer((_req, res) => {
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': BODY.length }).end(BODY);
}).listen(Number(process.env['PORT']), '0.0.0.0');
