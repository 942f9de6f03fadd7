import { connect } from 'node:net';

/**
 * One keep-alive HTTP/1.1 connection that holds on as a proxy's does: it ignores the server's `Keep-Alive` hint and
 * goes when the server goes. Cheap enough to keep a server busy from one process.
 */
export class Connection {
  /** @type {{ resolve: (answer: Answer) => void, reject: (error: Error) => void } | undefined} */
  #pending;
  #received = '';

  /** @param {import('node:net').Socket} socket */
  constructor(socket) {
    this.socket = socket;
    this.open = true;
    socket.setEncoding('latin1');
    socket.setNoDelay(true);
    socket.on('data', (/** @type {string} */ text) => this.#receive(text));
    socket.on('error', (error) => this.#fail(error));
    socket.on('end', () => (this.open = false));
    socket.on('close', () => this.#fail(new Error('closed before the answer')));
  }

  /**
   * @param {number} port
   * @param {string} [localAddress]
   * @returns {Promise<Connection>}
   */
  static open(port, localAddress) {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', localAddress });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Connection(socket));
      });
    });
  }

  /**
   * One request at a time. Rejects when the connection ends before the answer is complete.
   *
   * @param {string} path
   * @returns {Promise<Answer>}
   */
  get(path) {
    return new Promise((resolve, reject) => {
      this.#received = '';
      this.#pending = { resolve, reject };
      this.socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`);
    });
  }

  destroy() {
    this.socket.destroy();
  }

  /** @param {string} text */
  #receive(text) {
    this.#received += text;
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd === -1 || !this.#pending) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#received)?.[1] ?? 0);
    if (this.#received.length < headEnd + 4 + length) return;
    const { resolve } = this.#pending;
    this.#pending = undefined;
    resolve({ status: Number(this.#received.slice(9, 12)), at: performance.now() });
  }

  /** @param {Error} error */
  #fail(error) {
    this.open = false;
    this.#pending?.reject(error);
    this.#pending = undefined;
  }
}

/** @typedef {{ status: number, at: number }} Answer when it was complete, on the clock of `performance.now()` */
