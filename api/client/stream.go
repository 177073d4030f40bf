package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
)

const linesType = "application/x-ndjson"

// StreamPrune sends a request and gives the lines of its answer as they come, the
// last one with the sums included. An error is the last thing it gives: the
// *Problem of the server, or io.ErrUnexpectedEOF where the answer was cut off.
// Whoever stops before the end stops the work of the server.
func StreamPrune(ctx context.Context, c ClientInterface, body PruneRequest, editors ...RequestEditorFn) iter.Seq2[*PruneLine, error] {
	return readLines(ctx, editors,
		func(ctx context.Context, editors []RequestEditorFn) (*http.Response, error) {
			return c.Prune(ctx, body, editors...)
		},
		func(l *PruneLine) (end bool, problem *Problem) { return l.Type == PruneLineTypeEnd, l.Problem })
}

// StreamBatch sends a batch and gives the lines of its answer as they come. See
// StreamPrune. The problem of an item is in its line, and is no error here.
func StreamBatch(ctx context.Context, c ClientInterface, body BatchRequest, editors ...RequestEditorFn) iter.Seq2[*BatchLine, error] {
	return readLines(ctx, editors,
		func(ctx context.Context, editors []RequestEditorFn) (*http.Response, error) {
			return c.PruneBatch(ctx, body, editors...)
		},
		func(l *BatchLine) (end bool, problem *Problem) { return l.Type == BatchLineTypeEnd, l.Problem })
}

// readLines gives the lines of the answer to what send sends. last says whether a
// line is the last one, and with what problem.
func readLines[L any](
	ctx context.Context, editors []RequestEditorFn,
	send func(context.Context, []RequestEditorFn) (*http.Response, error),
	last func(*L) (end bool, problem *Problem),
) iter.Seq2[*L, error] {
	return func(yield func(*L, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		resp, err := send(ctx, append([]RequestEditorFn{acceptLines}, editors...))
		if err != nil {
			yield(nil, fmt.Errorf("client: %w", err))
			return
		}
		defer resp.Body.Close()
		if err := inLines(resp); err != nil {
			yield(nil, err)
			return
		}
		dec := json.NewDecoder(resp.Body)
		for {
			line := new(L)
			if err := dec.Decode(line); err != nil {
				if errors.Is(err, io.EOF) {
					err = io.ErrUnexpectedEOF
				}
				yield(nil, fmt.Errorf("client: reading a line: %w", err))
				return
			}
			end, problem := last(line)
			if problem != nil {
				yield(nil, problem)
				return
			}
			if !yield(line, nil) || end {
				return
			}
		}
	}
}

func acceptLines(_ context.Context, r *http.Request) error {
	r.Header.Set("Accept", linesType)
	return nil
}

// inLines returns nil for an answer in lines, and otherwise what it is.
func inLines(resp *http.Response) error {
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if resp.StatusCode == http.StatusOK && media == linesType {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("client: status %d: %w", resp.StatusCode, err)
	}
	if err := Err(whole{resp, body}); err != nil {
		return err
	}
	return fmt.Errorf("client: an answer in %q, not in lines", media)
}

// whole is an answer that is not in lines, as a Reply.
type whole struct {
	resp *http.Response
	body []byte
}

func (w whole) GetBody() []byte     { return w.body }
func (w whole) StatusCode() int     { return w.resp.StatusCode }
func (w whole) ContentType() string { return w.resp.Header.Get("Content-Type") }
