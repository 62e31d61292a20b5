/**
 * `npm run deploy:button`: prints the Deploy to Cloudflare button of the repository that this checkout came from, or of
 * the one that is named. Its address stands in no file: every copy of this project has another.
 */

import { execFileSync } from "node:child_process";

/** The two that Cloudflare clones from; the repository must be public. */
const HOSTS = ["github.com", "gitlab.com"];
/** `git@host:owner/name.git`, as ssh remotes are written. */
const SSH = /^(?:ssh:\/\/)?git@([^:/]+)[:/](.+)$/;

try {
  const repository = browsable(process.argv[2] ?? origin());
  const address = `https://deploy.workers.cloudflare.com/?url=${encodeURIComponent(repository)}`;
  console.log(`${address}\n\n[![Deploy to Cloudflare](https://deploy.workers.cloudflare.com/button)](${address})`);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

function origin(): string {
  try {
    return execFileSync("git", ["remote", "get-url", "origin"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch {
    throw new Error("This checkout has no remote `origin`. Name the repository: npm run deploy:button -- https://...");
  }
}

/** As a browser opens it; credentials that a remote may carry are left out. */
function browsable(remote: string): string {
  const text = remote.trim();
  const ssh = SSH.exec(text);
  const written = ssh === null ? text : `https://${ssh[1]}/${ssh[2]}`;
  const url = URL.canParse(written) ? new URL(written) : null;
  if (url === null || !HOSTS.includes(url.hostname)) {
    throw new Error(
      `Cloudflare clones from ${HOSTS.join(" and ")} only, and this is not a repository there. Name yours: npm run deploy:button -- https://github.com/you/leasehold`,
    );
  }
  return `https://${url.hostname}${url.pathname.replace(/\/$/, "").replace(/\.git$/, "")}`;
}
