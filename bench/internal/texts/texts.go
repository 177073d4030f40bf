// Package texts makes requests of documents that no cache has seen.
package texts

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/ragprune/ragprune/prune"
)

// Query is asked in every request.
const Query = "When was the pump in building 17 serviced, and who signed the report?"

// Maker makes requests: maintenance logs with random places, dates and names.
// It is safe for concurrent use.
type Maker struct {
	count     func(string) int
	documents int
	tokens    int

	mu    sync.Mutex
	rng   *rand.Rand
	made  int
	total int
}

// New returns a Maker of requests of so many documents of about so many tokens,
// as count counts them. The seed should differ between runs, because a service
// may have been used before.
func New(count func(string) int, documents, tokens int, seed uint64) *Maker {
	return &Maker{count: count, documents: documents, tokens: tokens, rng: rand.New(rand.NewPCG(seed, 1))}
}

// Request is a new request and its body.
func (t *Maker) Request() (prune.Request, []byte, error) {
	r := prune.Request{Query: Query, Format: prune.FormatText}
	for i := range t.documents {
		text := t.document()
		r.Documents = append(r.Documents, prune.Document{ID: fmt.Sprint(i), Text: &text})
	}
	body, err := json.Marshal(r)
	return r, body, err
}

// Requests are so many bodies of new requests.
func (t *Maker) Requests(n int) ([][]byte, error) {
	bodies := make([][]byte, n)
	for i := range bodies {
		var err error
		if _, bodies[i], err = t.Request(); err != nil {
			return nil, err
		}
	}
	return bodies, nil
}

// MeanTokens is the mean length of the documents made so far.
func (t *Maker) MeanTokens() float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return float64(t.total) / float64(t.made)
}

// document adds sentences while that brings it nearer to its length.
func (t *Maker) document() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	tokens := 0
	for {
		s := t.sentence()
		n := t.count(s)
		if tokens > 0 && tokens+n/2 > t.tokens {
			break
		}
		if tokens > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s)
		tokens += n
	}
	t.made++
	t.total += tokens
	return b.String()
}

func (t *Maker) sentence() string {
	building, reading := t.rng.IntN(90)+10, t.rng.IntN(9000)+1000
	day, month, year := t.rng.IntN(28)+1, pick(t.rng, "March", "June", "September", "December"), t.rng.IntN(30)+1990
	name := pick(t.rng, "Okafor", "Lindqvist", "Marchetti", "Tanaka", "Abernathy", "Novak", "Delgado", "Haddad")
	machine := pick(t.rng, "pump", "boiler", "lift", "cooling tower", "generator", "ventilation fan")
	part := pick(t.rng, "the main bearing", "a cracked seal", "the oil filter", "both drive belts", "the pressure valve")
	switch t.rng.IntN(7) {
	case 0:
		return fmt.Sprintf("The %s in building %d was serviced on %d %s %d, and %s signed the report.", machine, building, day, month, year, name)
	case 1:
		return fmt.Sprintf("%s replaced %s after %d hours of operation and found no other damage.", name, part, reading)
	case 2:
		return fmt.Sprintf("Because the %s had been running hot since %s, the night shift lowered its load to %d kilowatts.", machine, month, reading/100)
	case 3:
		return fmt.Sprintf("A second inspection is due in %s %d.", month, year+1)
	case 4:
		return fmt.Sprintf("According to %s, the noise that the tenants of building %d reported came from %s and not from the %s itself.", name, building, part, machine)
	case 5:
		return fmt.Sprintf("The meter of building %d showed %d cubic metres on %d %s, which is less than in the year before.", building, reading, day, month)
	default:
		return fmt.Sprintf("Spare parts for the %s were ordered from the usual supplier at a price of %d euros.", machine, reading/2)
	}
}

func pick(rng *rand.Rand, words ...string) string { return words[rng.IntN(len(words))] }
