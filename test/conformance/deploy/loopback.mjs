/**
 * Loaded into every client process (`node --import`): what would go to AWS goes to the emulator's port on loopback.
 * Names and certificates stay what they are, and so do the signatures. Nothing else may leave the machine.
 */
import net from 'node:net';

const port = Number(process.env.ANNALS_EMULATOR_PORT);
const isOfAws = host => /\.(amazonaws\.com|on\.aws)$/.test(host);
const isLoopback = host => /^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(host);

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...given) {
  // A call from within Node has its arguments in one array already.
  const options = Array.isArray(given[0]) ? given[0][0] : given[0];
  if (options !== null && typeof options === 'object' && options.path == null) {
    const host = options.host ?? 'localhost';
    if (isOfAws(host)) Object.assign(options, { host: '127.0.0.1', port });
    else if (!isLoopback(host))
      throw new Error(`A connection to ${host} was tried; the suite stays on loopback`);
  }
  return connect.apply(this, given);
};
