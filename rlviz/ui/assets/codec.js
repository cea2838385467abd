/**
 * Frames as they come down the socket: safetensors, an 8-byte little-endian header length, a JSON
 * header, raw little-endian tensors. The Python side is rlviz/runs/codec.py.
 *
 * @typedef {{shape: number[], data: Float32Array | Int32Array}} Tensor
 * @typedef {{metadata: Record<string, any>, tensors: Record<string, number | Tensor>}} Frame
 */

const METADATA_KEY = "rlviz";
const SCHEMA = 1;
const HEADER_START = 8;
const ARRAYS = { F32: Float32Array, I32: Int32Array };

/** Raised when bytes are not a frame of ours: truncated, of another schema, or foreign. */
export class BadFrame extends Error {}

/**
 * Metadata and tensors of one blob; a tensor of shape [] becomes a number.
 * @param {ArrayBuffer} buffer
 * @returns {Frame}
 */
export function decode(buffer) {
  const header = readHeader(buffer);
  const start = HEADER_START + headerLength(buffer);
  /** @type {Record<string, number | Tensor>} */
  const tensors = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name !== "__metadata__") tensors[name] = readTensor(buffer, start, name, entry);
  }
  return { metadata: readMetadata(header), tensors };
}

/** @param {ArrayBuffer} buffer */
function headerLength(buffer) {
  if (buffer.byteLength < HEADER_START) throw new BadFrame("A frame must have 8 bytes at least.");
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  if (length > buffer.byteLength - HEADER_START) {
    throw new BadFrame(`A frame's header says ${length} bytes, more than came.`);
  }
  return length;
}

/** @param {ArrayBuffer} buffer */
function readHeader(buffer) {
  const bytes = new Uint8Array(buffer, HEADER_START, headerLength(buffer));
  const header = parse(new TextDecoder().decode(bytes));
  if (header === null || typeof header !== "object") throw new BadFrame("A frame has no header.");
  return header;
}

/** @param {Record<string, any>} header */
function readMetadata(header) {
  const metadata = parse(header.__metadata__?.[METADATA_KEY] ?? "null");
  if (metadata?.schema !== SCHEMA) throw new BadFrame(`A frame must be of schema ${SCHEMA}.`);
  return metadata;
}

/**
 * @param {ArrayBuffer} buffer
 * @param {number} start
 * @param {string} name
 * @param {{dtype: string, shape: number[], data_offsets: [number, number]}} entry
 */
function readTensor(buffer, start, name, entry) {
  const ArrayType = ARRAYS[entry?.dtype];
  if (!ArrayType) throw new BadFrame(`\`${name}\` must be F32 or I32, but is ${entry?.dtype}.`);
  const [from, to] = entry.data_offsets;
  const size = entry.shape.reduce((product, n) => product * n, 1);
  const whole = to - from === size * ArrayType.BYTES_PER_ELEMENT && start + to <= buffer.byteLength;
  if (!whole) throw new BadFrame(`\`${name}\` is cut: the frame ends before it.`);
  // A slice, not a view: the header's length need not be a multiple of 4.
  const data = new ArrayType(buffer.slice(start + from, start + to));
  return entry.shape.length === 0 ? data[0] : { shape: entry.shape, data };
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadFrame("A frame's JSON can not be read.");
  }
}

/**
 * The newest value of replica 0, whether the signal travels as a number or as a curve.
 * @param {Frame | null} frame
 * @param {string} name
 * @returns {number | undefined}
 */
export function scalar(frame, name) {
  const value = frame?.tensors[name];
  if (typeof value === "number") return value;
  const now = frame?.tensors[`${name}.now`];
  return typeof now === "number" ? now : undefined;
}

/**
 * The values of a tensor, empty where it is not in the frame.
 * @param {Frame | null} frame
 * @param {string} name
 * @returns {ArrayLike<number>}
 */
export function values(frame, name) {
  const value = frame?.tensors[name];
  return value && typeof value === "object" ? value.data : [];
}
