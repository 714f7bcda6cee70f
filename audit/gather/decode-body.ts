import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';

type Decoder = (bytes: Buffer, options: { maxOutputLength: number }) => Buffer;

const DECODERS: Readonly<Record<string, Decoder>> = { gzip: gunzipSync, 'x-gzip': gunzipSync, deflate: inflateSync, br: brotliDecompressSync };

/**
 * The content of a response: without Accept-Encoding a server may use any coding (RFC 9110 section 12.5.3). What cannot be decoded stays as
 * it is.
 */
export function decodeBody(bytes: Buffer, coding: string, largest: number): Buffer {
  const decode = DECODERS[coding.trim().toLowerCase()];
  if (decode === undefined || bytes.length === 0) return bytes;
  try {
    return decode(bytes, { maxOutputLength: largest });
  } catch {
    return bytes;
  }
}
