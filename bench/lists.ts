/**
 * Lists and filters of licenses (MGMT-1), over few licenses and over a million: two servers that take turns slice by
 * slice.
 */

import { type Planted, plantLicenses } from "./catalogue.ts";
import type { ListsResult } from "./results.ts";
import { measure, type Plan, type Subject } from "./rounds.ts";
import { Shop } from "./shop.ts";
import type { Server } from "./worker-server.ts";

export interface ListsPlan extends Plan {
  /** Numbers of licenses: few and many. */
  readonly licenses: readonly [number, number];
}

/** Starts a server on a storage of its own; the second start finds what the first one left. */
export type Serve = (licenses: number) => { readonly folder: string; start(): Promise<Server> };

const WARM_UP = 20;

/** What is asked for: a page of twenty, or the one license that there is. */
const ASKED: Readonly<Record<string, (planted: Planted) => string>> = {
  "first page": () => "",
  "newest first": () => "sort=-createdAt",
  "by key": ({ key }) => `key=${key}`,
  "by user.email": ({ email }) => `user.email[eq]=${encodeURIComponent(email)}`,
  "by productId": ({ productId }) => `productId[eq]=${productId}`,
  "by metadata": ({ orderId }) => `metadata.key[eq]=order_id&metadata.value[eq]=${orderId}`,
  "by expiresAt[lt]": ({ endsBefore }) => `expiresAt[lt]=${endsBefore}`,
  "by revoked": () => "revoked=true",
  "by productId and revoked": ({ productId }) => `productId=${productId}&revoked=true`,
  search: ({ orderId }) => `search=${orderId.toLowerCase()}`,
};

export async function measureLists(serve: Serve, plan: ListsPlan): Promise<ListsResult> {
  const [few, many] = [await stocked(serve, plan.licenses[0]), await stocked(serve, plan.licenses[1])];
  try {
    const perSecond: Record<string, readonly (readonly number[])[]> = {};
    for (const [name, query] of Object.entries(ASKED)) {
      const big = (await measure([subject(name, many, query)], plan, [subject(`${name}, few`, few, query)])).at(-1);
      perSecond[name] = [Object.values(big?.beside ?? {})[0] ?? [], big?.perSecond ?? []];
    }
    return { licenses: plan.licenses, perSecond };
  } finally {
    await few.server.stop();
    await many.server.stop();
  }
}

interface Stocked {
  readonly server: Server;
  readonly shop: Shop;
  readonly planted: Planted;
}

async function stocked(serve: Serve, licenses: number): Promise<Stocked> {
  const { folder, start } = serve(licenses);
  const first = await start();
  const shop = await Shop.open(first);
  await first.stop();
  const planted = plantLicenses(folder, licenses);
  const server = await start();
  return { server, shop: shop.at(server), planted };
}

function subject(name: string, { server, shop, planted }: Stocked, query: (planted: Planted) => string): Subject {
  const call = { request: shop.list(query(planted)) };
  return { name, server, status: 200, warmUp: WARM_UP, next: () => call };
}
