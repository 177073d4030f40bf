// A typed client of ragprune: schema.ts is generated from the contract (npm run
// generate) and is not edited, openapi-fetch makes the calls.

import createClient, { type Client } from "openapi-fetch";

import type { components, paths } from "./schema.js";

export type { components, paths } from "./schema.js";

type Schemas = components["schemas"];

export type PruneRequest = Schemas["PruneRequest"];
export type PruneAnswer = Schemas["PruneAnswer"];
export type Result = Schemas["Result"];
export type Document = Schemas["Document"];
export type RerankRequest = Schemas["RerankRequest"];
export type RerankAnswer = Schemas["RerankAnswer"];
export type Problem = Schemas["Problem"];

export interface Options {
  /** The address of the server. Not given: http://127.0.0.1:8080. */
  baseUrl?: string;
  /** The API key, if the server asks for one. */
  key?: string;
  /** Used in place of the global fetch, for example to set a timeout. */
  fetch?: (request: Request) => Promise<Response>;
}

/** What the server answered instead of a result. */
export class RagpruneError extends Error {
  override readonly name = "RagpruneError";

  constructor(
    readonly status: number,
    /** The problem of RFC 9457, if the answer was one. */
    readonly problem: Problem | undefined,
  ) {
    const fields = problem?.errors?.map((e) => `${e.pointer} ${e.message}`) ?? [];
    super([problem?.title ?? `status ${status}`, ...fields].join("; "));
  }
}

// Answers in lines (application/x-ndjson) are not for this client, which reads
// whole ones.
type Media = "application/json" | "application/problem+json";

/** Prunes and reranks. Every call of the contract is there as `api`. */
export class Ragprune {
  readonly api: Client<paths, Media>;

  constructor(options: Options = {}) {
    this.api = createClient<paths, Media>({
      baseUrl: options.baseUrl ?? "http://127.0.0.1:8080",
      ...(options.key === undefined ? {} : { headers: { Authorization: `Bearer ${options.key}` } }),
      ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    });
  }

  /** Keeps what helps to answer. Throws a RagpruneError. */
  async prune(request: PruneRequest, signal?: AbortSignal): Promise<PruneAnswer> {
    return given(await this.api.POST("/prune", { body: request, ...(signal && { signal }) }));
  }

  /** Scores and sorts documents, best first. Throws a RagpruneError. */
  async rerank(request: RerankRequest, signal?: AbortSignal): Promise<RerankAnswer> {
    return given(await this.api.POST("/v2/rerank", { body: request, ...(signal && { signal }) }));
  }
}

function given<T>(reply: { data?: T; error?: unknown; response: Response }): T {
  if (reply.data !== undefined) {
    return reply.data;
  }
  const { error } = reply;
  const isProblem = typeof error === "object" && error !== null && "code" in error;
  throw new RagpruneError(reply.response.status, isProblem ? (error as Problem) : undefined);
}
