import { IncomingMessage, ServerResponse } from 'node:http';
import type { Express } from 'express';

/**
 * What a server makes its messages of, so that they suit this app from the first. Express gives each message it is handed a
 * prototype of its own, and to V8 it is from then on another kind of object than Node's code has seen so far.
 */
export function messagesOf(app: Express): { IncomingMessage: typeof IncomingMessage; ServerResponse: typeof ServerResponse } {
  class AppRequest extends IncomingMessage {}
  class AppResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {}
  Object.setPrototypeOf(AppRequest.prototype, app.request);
  Object.setPrototypeOf(AppResponse.prototype, app.response);
  Object.assign(app, { request: AppRequest.prototype, response: AppResponse.prototype });
  return { IncomingMessage: AppRequest, ServerResponse: AppResponse };
}
