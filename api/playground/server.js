// Talking to the server that the page came from.

/** What went wrong, in the words of the server where it had any. */
export class Fault extends Error {
  constructor(problem, status = 0, retryAfter = 0) {
    super(problem.title);
    this.name = "Fault";
    this.problem = problem;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** The JSON of a path of the server; body makes it a POST. */
export async function ask(path, { key = "", body, signal } = {}) {
  const headers = {};
  if (key) headers.Authorization = "Bearer " + key;
  if (body) headers["Content-Type"] = "application/json";
  let reply;
  try {
    reply = await fetch(path, { method: body ? "POST" : "GET", headers, signal, body: body && JSON.stringify(body) });
  } catch (err) {
    if (err.name === "AbortError") throw err;
    throw new Fault({ title: "The server cannot be reached", detail: "Is ragprune still running, and is the network up?" });
  }
  const retryAfter = Number(reply.headers.get("Retry-After")) || 0;
  let answer;
  try {
    answer = await reply.json();
  } catch (err) {
    if (err.name === "AbortError") throw err;
    const detail = "Something between this page and ragprune may have answered instead.";
    throw new Fault({ title: "The answer is not JSON", detail }, reply.status, retryAfter);
  }
  if (!reply.ok) {
    throw new Fault({ ...answer, title: answer.title ?? "The server refused the request" }, reply.status, retryAfter);
  }
  return answer;
}
