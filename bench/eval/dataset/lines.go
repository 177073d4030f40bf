package dataset

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxLine is the longest line that is read.
const maxLine = 64 << 20

var errLong = errors.New("the line is longer than 64 MiB")

// lines cuts a stream into lines.
type lines struct {
	r      *bufio.Reader
	number int
	buf    []byte
}

func newLines(r io.Reader) *lines { return &lines{r: bufio.NewReaderSize(r, 1<<16)} }

// next returns the next line without its end, valid until the next call.
// io.EOF says that there is none, errLong that this one was skipped; any other
// error that the stream broke.
func (l *lines) next() ([]byte, error) {
	l.buf = l.buf[:0]
	long, read := false, false
	for {
		part, err := l.r.ReadSlice('\n')
		read = read || len(part) > 0
		if long = long || len(l.buf)+len(part) > maxLine; !long {
			l.buf = append(l.buf, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		case err != nil && !read:
			return nil, io.EOF
		}
		return l.take(long)
	}
}

func (l *lines) take(long bool) ([]byte, error) {
	l.number++
	if long {
		return nil, errLong
	}
	line := l.buf
	if l.number == 1 {
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	}
	return bytes.TrimSpace(line), nil
}
