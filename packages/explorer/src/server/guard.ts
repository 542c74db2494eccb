import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Who may ask. */
export interface Access {
  /** as it was given to listen on */
  readonly host: string;
  /** null: nobody is asked for one */
  readonly token: string | null;
}

const COOKIE = 'agentmmrec';
const loopbacks = ['127.0.0.1', 'localhost', '[::1]', '::1'];

/** Whether an address means this machine alone. */
export function isLoopback(host: string): boolean {
  return loopbacks.includes(host);
}

/**
 * Whether the Host header names this server. A page of another site whose name was made to lead here (DNS rebinding) sends its own.
 * Where the server listens to all addresses any address may be meant, but a name never is: the token decides then.
 */
export function isOurHost(header: string | undefined, { host, token }: Access): boolean {
  if (header === undefined) return false;
  const name = header.replace(/:\d+$/, '').toLowerCase();
  if (isLoopback(name) || name === host.toLowerCase() || name === `[${host.toLowerCase()}]`) return true;
  const anyAddress = host === '0.0.0.0' || host === '::';
  return anyAddress && token !== null && /^(\d{1,3}(\.\d{1,3}){3}|\[[\da-f:]+\])$/.test(name);
}

/** Whether a request brings the token: as a bearer, or as the cookie that the first page set. */
export function hasToken({ headers }: Pick<FastifyRequest, 'headers'>, token: string): boolean {
  const bearer = headers.authorization?.match(/^Bearer (.+)$/)?.[1];
  const cookie = headers.cookie?.match(new RegExp(`(?:^|;\\s*)${COOKIE}=([^;]+)`))?.[1];
  return [bearer, cookie].some((given) => given !== undefined && isSame(given, token));
}

/** Takes a token out of the address of a page into a cookie that scripts cannot read, so that pictures and events bring it too. */
export function takeToken(request: FastifyRequest, reply: FastifyReply, token: string): boolean {
  const given = (request.query as { token?: unknown }).token;
  if (typeof given !== 'string' || !isSame(given, token)) return false;
  void reply.header('set-cookie', `${COOKIE}=${token}; Path=/; HttpOnly; SameSite=Strict`);
  void reply.redirect('/', 303);
  return true;
}

/** Compared in a time that says nothing of where they differ. */
function isSame(a: string, b: string): boolean {
  const [first, second] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(first, second);
}

/** Headers of every answer. Pages run our own scripts and nothing else, and talk to this server alone. */
export const securityHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;
