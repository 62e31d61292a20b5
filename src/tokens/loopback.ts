/** Plain http to this machine, which development alone may use where production needs https. */

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

export function isLoopbackHttp(url: URL): boolean {
  return url.protocol === "http:" && LOOPBACK.test(url.hostname);
}
