/** The page at /docs, as people use it. */

import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { startChromium, watchedPage } from "./chromium.ts";

const SHOTS = "test/browser/shots";
const { url, token } = inject("served");

let browser: Browser;

beforeAll(async () => {
  browser = await startChromium();
});

afterAll(async () => {
  await browser.close();
});

interface Document {
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, object>>;
}

async function open(page: Page): Promise<void> {
  await page.goto("/docs");
  await page.getByRole("button", { name: "Authorize" }).waitFor();
}

/** Method and path of what a tag holds; it is closed again, since of a long list only a part is in the page. */
async function operationsOf(page: Page, tag: string): Promise<readonly string[]> {
  const section = page.locator(".opblock-tag-section", { has: page.locator(`.opblock-tag[data-tag="${tag}"]`) });
  await section.locator(".opblock-tag").click();
  await section.locator(".opblock").first().waitFor();
  const lines = await section.locator(".opblock-summary").all();
  const shown = lines.map(async (line) => {
    const path = await line
      .locator(".opblock-summary-path, .opblock-summary-path__deprecated")
      .getAttribute("data-path");
    return `${await line.locator(".opblock-summary-method").innerText()} ${path}`;
  });
  const found = await Promise.all(shown);
  await section.locator(".opblock-tag").click();
  return found;
}

async function authorize(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Authorize" }).click();
  const dialog = page.locator(".auth-container", { hasText: "accessToken" });
  await dialog.locator("input").fill(token);
  await page.screenshot({ path: `${SHOTS}/reference-authorize.png` });
  await dialog.getByRole("button", { name: "Apply credentials" }).click();
  await page.locator(".modal-ux .close-modal").click();
  await page.locator(".btn.authorize.locked").waitFor();
}

async function openCall(page: Page, tag: string, id: string): Promise<Locator> {
  await page.locator(`.opblock-tag[data-tag="${tag}"]`).click();
  const call = page.locator(`#operations-${tag}-${id}`);
  await call.locator(".opblock-summary-control").click();
  await call.getByRole("button", { name: "Try it out" }).click();
  return call;
}

/** Makes a call as it stands there, and answers its status and what is shown of its answer. */
async function execute(page: Page, call: Locator, path: string): Promise<readonly [number, string]> {
  const answered = page.waitForResponse(`${url}${path}`);
  await call.getByRole("button", { name: "Execute" }).click();
  const status = (await answered).status();
  const answer = call.locator(".live-responses-table .response", { hasText: String(status) });
  return [status, await answer.innerText()];
}

it("API-2: every operation of the document is shown, and nothing is loaded from elsewhere", async () => {
  const { context, page, oddities } = await watchedPage(browser, url);
  await open(page);
  expect(await page.title()).toBe("Leasehold API reference");
  await page.screenshot({ path: `${SHOTS}/reference-light.png` });
  const { tags, paths } = (await (await fetch(`${url}/openapi.json`)).json()) as Document;
  const shown: string[] = [];
  for (const { name } of tags) shown.push(...(await operationsOf(page, name)));
  const told = Object.entries(paths).flatMap(([path, calls]) =>
    Object.keys(calls).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(told.length).toBeGreaterThan(90);
  expect(shown.toSorted()).toEqual(told.toSorted());
  expect(oddities).toEqual([]);
  await context.close();
});

it("API-2: a token that is typed is sent to this deployment, and forgotten with the page", async () => {
  const { context, page, oddities } = await watchedPage(browser, url, { colorScheme: "dark" });
  await open(page);
  await authorize(page);
  const list = await openCall(page, "products", "listProducts");
  const [status, said] = await execute(page, list, "/v3/products");
  await list.locator(".live-responses-table").scrollIntoViewIfNeeded();
  await page.screenshot({ path: `${SHOTS}/reference-tried-dark.png` });
  expect([status, said]).toEqual([200, expect.stringContaining("leasehold-demo")]);
  const [created, shown] = await execute(page, await openCall(page, "tags", "createTag"), "/v3/tags");
  const { id } = JSON.parse(/\{[^}]*\}/.exec(shown)?.[0] ?? "") as { readonly id: string };
  const found = await fetch(`${url}/v3/tags/${id}`, { headers: { Authorization: `Bearer ${token}` } });
  expect([created, found.status]).toEqual([201, 200]);
  expect(oddities).toEqual([]);

  const kept = await page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])");
  expect([kept, await context.cookies()]).toEqual(['[{},{},""]', []]);
  await open(page);
  expect((await execute(page, await openCall(page, "products", "listProducts"), "/v3/products"))[0]).toBe(401);
  expect(oddities).toEqual([expect.stringMatching(/^error: .*status of 401/)]);
  await context.close();
});

it("API-2: who comes back to a page that the browser kept finds no token in it", async () => {
  const { context, page, oddities } = await watchedPage(browser, url);
  await open(page);
  await authorize(page);
  await page.goto("/problems");
  await page.goBack({ waitUntil: "commit" });
  await page.locator(".btn.authorize.unlocked").waitFor();
  expect(oddities).toEqual([]);
  await context.close();
});

it("API-2: on a telephone nothing is wider than the screen, and without script the page says where the document is", async () => {
  const { context, page, oddities } = await watchedPage(browser, url, { viewport: { width: 390, height: 800 } });
  await open(page);
  await page.screenshot({ path: `${SHOTS}/reference-telephone.png` });
  const call = await openCall(page, "products", "listProducts");
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
  await call.locator(".responses-wrapper").scrollIntoViewIfNeeded();
  await page.screenshot({ path: `${SHOTS}/reference-telephone-call.png` });
  expect(oddities).toEqual([]);
  await context.close();

  const still = await watchedPage(browser, url, { javaScriptEnabled: false });
  await still.page.goto("/docs");
  expect(await still.page.locator("body").innerText()).toContain("This page needs its script");
  expect(still.oddities).toEqual([]);
  await still.context.close();
});
