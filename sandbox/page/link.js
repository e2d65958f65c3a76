// The WebSocket to the sandbox: asks and answers, and comes back by itself after a restart.

export class Link {
  #socket = null;
  #next = 1;
  #waiting = new Map();
  #onParts;
  #onState;
  #tries = 0;

  // onParts is given everything the server sends unasked; onState "open" or "lost".
  constructor(onParts, onState) {
    this.#onParts = onParts;
    this.#onState = onState;
    this.#open();
    addEventListener("online", () => this.#hurry());
    document.addEventListener("visibilitychange", () => this.#hurry());
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  // The answer's result. Rejects with words for a person.
  ask(what, more = {}) {
    if (!this.isOpen) return Promise.reject(new Error("The pretend Slack does not answer just now."));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, do: what, ...more }));
    });
  }

  #open() {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/page/ws`);
    this.#socket = socket;
    socket.addEventListener("message", (event) => this.#hear(JSON.parse(event.data)));
    socket.addEventListener("close", () => this.#lost(socket));
  }

  #hear(message) {
    if (!("answer" in message)) {
      if (message.hello) {
        this.#tries = 0;
        this.#onState("open");
      }
      this.#onParts(message);
      return;
    }
    const waiting = this.#waiting.get(message.answer);
    this.#waiting.delete(message.answer);
    if (message.error) waiting?.reject(new Error(message.error));
    else waiting?.resolve(message.result);
  }

  #lost(socket) {
    if (socket !== this.#socket) return;
    for (const waiting of this.#waiting.values()) waiting.reject(new Error("The connection was lost on the way."));
    this.#waiting.clear();
    this.#onState("lost");
    this.#tries += 1;
    setTimeout(() => this.#open(), Math.min(250 * this.#tries, 2000));
  }

  #hurry() {
    if (this.#socket?.readyState === WebSocket.CLOSED && !document.hidden) this.#tries = 0;
  }
}
