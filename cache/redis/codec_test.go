package redis_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/cespare/xxhash/v2"

	"github.com/ragprune/ragprune/cache/redis"
)

func newCodec(t testing.TB) redis.Codec {
	c, err := redis.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func TestCodec(t *testing.T) {
	c := newCodec(t)
	tests := map[string]struct {
		value []byte
		most  int // bytes beside the header of 26
	}{
		"empty":         {nil, 0},
		"small":         {[]byte("scores"), 6},
		"large, noise":  {noise(100_000), 100_000},
		"large, repeat": {bytes.Repeat(noise(500), 200), 2000},
		"largest":       {noise(redis.MaxValue), redis.MaxValue},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			stored, err := c.Encode(key(1), test.value)
			if err != nil {
				t.Fatal(err)
			}
			if len(stored) > test.most+26 {
				t.Errorf("%d bytes became %d", len(test.value), len(stored))
			}
			got, err := c.Decode(key(1), stored)
			if err != nil || !bytes.Equal(got, test.value) {
				t.Errorf("another value came back: %v", err)
			}
			if _, err := c.Decode(key(2), stored); err == nil {
				t.Error("the value of another key was taken")
			}
		})
	}
	if _, err := c.Encode(key(1), make([]byte, redis.MaxValue+1)); err == nil {
		t.Error("a value above the limit was stored")
	}
}

func TestDamagedValuesAreNoticed(t *testing.T) {
	c := newCodec(t)
	for name, value := range map[string][]byte{"plain": []byte("some scores"), "zstd": bytes.Repeat([]byte("scores"), 2000)} {
		stored, err := c.Encode(key(1), value)
		if err != nil {
			t.Fatal(err)
		}
		for i := range stored {
			for bit := range 8 {
				bad := bytes.Clone(stored)
				bad[i] ^= 1 << bit
				if _, err := c.Decode(key(1), bad); err == nil {
					t.Errorf("%s: a flip of bit %d of byte %d was not seen", name, bit, i)
				}
			}
			if _, err := c.Decode(key(1), stored[:i]); err == nil {
				t.Errorf("%s: a value cut to %d bytes was not seen", name, i)
			}
		}
		if _, err := c.Decode(key(1), append(bytes.Clone(stored), 0)); err == nil {
			t.Errorf("%s: a byte too many was not seen", name)
		}
	}
}

// FuzzCodec wants that nothing that is not a value is taken for one, and that
// whatever is taken is what its bytes stand for.
func FuzzCodec(f *testing.F) {
	c := newCodec(f)
	for _, value := range [][]byte{nil, []byte("scores"), bytes.Repeat([]byte("scores"), 2000), noise(200)} {
		stored, err := c.Encode(key(1), value)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(stored)
		f.Add(stored[:len(stored)-8])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = c.Decode(key(1), data)
		sealed := binary.LittleEndian.AppendUint64(bytes.Clone(data), xxhash.Sum64(data)) // past the checksum
		if value, err := c.Decode(key(1), sealed); err == nil {
			again, err := c.Encode(key(1), value)
			if err != nil {
				t.Fatalf("a value of %d bytes was read and cannot be written: %v", len(value), err)
			}
			if back, err := c.Decode(key(1), again); err != nil || !bytes.Equal(back, value) {
				t.Fatalf("what was read is not what is written: %v", err)
			}
		}
		stored, err := c.Encode(key(2), data)
		if len(data) > redis.MaxValue {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if back, err := c.Decode(key(2), stored); err != nil || !bytes.Equal(back, data) {
			t.Fatalf("what was written is not what is read: %v", err)
		}
	})
}
