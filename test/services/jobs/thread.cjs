// What threads of the pools run: it waits for the test's side, by all that it shares with it. 1 is an end, 2 a failure.
// CommonJS: with an ES module here, Node 20 has aborted the process of the tests once.
module.exports = function wait({ shared }) {
  const flag = new Int32Array(shared);
  Atomics.wait(flag, 0, 0);
  if (flag[0] === 2) throw new Error('a piece of work that fails');
};
