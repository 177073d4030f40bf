package redis

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"

	"github.com/ragprune/ragprune/cache"
)

// A value in Redis is
//
//	0   magic, 1 byte: tells ours from what others write
//	1   version and form, 1 byte: version << 4 | form
//	2   echo, 16 bytes: the beginning of the key
//	18  body: the value as it is (form 0) or as a zstd frame (form 1)
//	-8  XXH64 of all before, little endian
//
// so that a value that was cut, changed, swapped with another one's, or written
// by somebody else is noticed. The order of commands and replies on a
// connection can go wrong as well, and shows in the echo.
const (
	magic       = 0xd7
	version     = 1
	formPlain   = 0
	formZstd    = 1
	echoBytes   = 16
	headerBytes = 2 + echoBytes
	sumBytes    = 8
)

// maxValue is the largest value that is kept in Redis, in bytes, before and
// after compression. A larger one would be slower to fetch than the time-out
// allows.
const maxValue = 1 << 20

// Values are compressed from leastZstd bytes on, if that saves a tenth. Measured
// on the scores and sentence embeddings of ten real pages (2026-11-25): scores,
// 0.4 to 2.5 kB, and the embedding of a query, 0.4 kB, gain nothing at any level
// (ratio 0.92 to 1.02); embeddings of pages, 43 to 244 kB, shrink to 0.65 at
// level "better", 0.73 at "default" and 0.91 at "fastest", mostly because pages
// repeat sentences. Compression runs after the answer has gone, so it may take
// its time (150 MB/s); reading pays 1 GB/s.
const leastZstd = 4 << 10

// The ways in which a value is not what was asked for.
var (
	errCut     = errors.New("the value is too short")
	errForeign = errors.New("the value is not ours")
	errVersion = errors.New("the value has another version")
	errEcho    = errors.New("the value belongs to another key")
	errSum     = errors.New("the value is damaged")
	errSize    = errors.New("the value is too large")
)

// codec turns values into bytes for Redis and back. It is safe for concurrent
// use.
type codec struct {
	encoder *zstd.Encoder
	decoder *zstd.Decoder
}

func newCodec() (*codec, error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBetterCompression),
		zstd.WithEncoderCRC(false), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(256<<10), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, err
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxValue), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	return &codec{encoder, decoder}, nil
}

// close frees what the decoder holds.
func (c *codec) close() { c.decoder.Close() }

// encode returns value as it is stored under key.
func (c *codec) encode(key cache.Key, value []byte) ([]byte, error) {
	if len(value) > maxValue {
		return nil, errSize
	}
	out := make([]byte, headerBytes, headerBytes+len(value)+sumBytes)
	out[0], out[1] = magic, version<<4|formPlain
	copy(out[2:], key[:echoBytes])
	if len(value) >= leastZstd {
		out[1] = version<<4 | formZstd
		out = c.encoder.EncodeAll(value, out)
		if 10*(len(out)-headerBytes) > 9*len(value) {
			out = out[:headerBytes]
			out[1] = version<<4 | formPlain
		}
	}
	if out[1]&0xf == formPlain {
		out = append(out, value...)
	}
	return binary.LittleEndian.AppendUint64(out, xxhash.Sum64(out)), nil
}

// decode returns the value that encode made for key; anything else is an error.
func (c *codec) decode(key cache.Key, stored []byte) ([]byte, error) {
	switch {
	case len(stored) > 0 && stored[0] != magic:
		return nil, errForeign
	case len(stored) < headerBytes+sumBytes:
		return nil, errCut
	case len(stored) > headerBytes+maxValue+sumBytes:
		return nil, errSize
	case stored[1]>>4 != version:
		return nil, errVersion
	case !bytes.Equal(stored[2:headerBytes], key[:echoBytes]):
		return nil, errEcho
	}
	end := len(stored) - sumBytes
	if xxhash.Sum64(stored[:end]) != binary.LittleEndian.Uint64(stored[end:]) {
		return nil, errSum
	}
	body := stored[headerBytes:end:end]
	switch stored[1] & 0xf {
	case formPlain:
		return body, nil
	case formZstd:
		value, err := c.decoder.DecodeAll(body, nil)
		if err != nil {
			return nil, errSum
		}
		return value, nil
	}
	return nil, errVersion
}
