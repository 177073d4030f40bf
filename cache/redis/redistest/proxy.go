package redistest

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Fault is what a Proxy does to the replies of a server.
type Fault struct {
	// Silent takes connections and commands and never replies.
	Silent bool
	// Refuse closes every connection.
	Refuse bool
	// Delay is the time before each piece of a reply.
	Delay time.Duration
	// Drip passes one byte at a time, with Delay before each.
	Drip bool
	// Garble changes about one byte in so many. 0 means none.
	Garble int
	// Cut closes a connection after so many bytes. 0 means never.
	Cut int
	// Shift passes the replies of an earlier command: so many bytes are held
	// back for ever. 0 means none.
	Shift int
}

// Proxy passes connections on to a server.
type Proxy struct {
	// Address is where the proxy listens.
	Address  string
	server   string
	listener net.Listener
	fault    atomic.Pointer[Fault]
	mu       sync.Mutex
	open     map[net.Conn]struct{}
	closed   bool
	busy     sync.WaitGroup
}

// NewProxy listens in front of a server.
func NewProxy(server string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{Address: l.Addr().String(), server: server, listener: l, open: make(map[net.Conn]struct{})}
	p.Set(Fault{})
	p.busy.Go(p.accept)
	return p, nil
}

// Set changes the fault, also of open connections.
func (p *Proxy) Set(f Fault) { p.fault.Store(&f) }

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		if p.fault.Load().Refuse || !p.add(c) {
			_ = c.Close()
			continue
		}
		p.busy.Go(func() { p.serve(c) })
	}
}

func (p *Proxy) add(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.open[c] = struct{}{}
	return true
}

func (p *Proxy) drop(c net.Conn) {
	p.mu.Lock()
	delete(p.open, c)
	p.mu.Unlock()
	_ = c.Close()
}

func (p *Proxy) serve(client net.Conn) {
	defer p.drop(client)
	server, err := net.Dial("tcp", p.server)
	if err != nil || !p.add(server) {
		return
	}
	defer p.drop(server)
	p.busy.Go(func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	})
	p.reply(client, server)
}

// reply passes what the server says, with the fault.
func (p *Proxy) reply(client, server net.Conn) {
	buf := make([]byte, 16<<10)
	passed, held := 0, 0
	for {
		n, err := server.Read(buf)
		if err != nil {
			return
		}
		piece := buf[:n]
		f := *p.fault.Load()
		switch {
		case f.Refuse:
			return
		case f.Silent:
			continue
		}
		garble(piece, f.Garble)
		if hold := min(f.Shift-held, len(piece)); hold > 0 {
			held += hold
			piece = piece[hold:]
		}
		if passed += len(piece); f.Cut > 0 && passed > f.Cut {
			piece = piece[:max(len(piece)-(passed-f.Cut), 0)]
		}
		if !p.write(client, piece, f) || f.Cut > 0 && passed > f.Cut {
			return
		}
	}
}

// garble replaces one byte in so many by another; 0 replaces none.
func garble(piece []byte, in int) {
	for i := range piece {
		if in > 0 && rand.N(in) == 0 {
			piece[i] = byte(rand.Uint32())
		}
	}
}

func (p *Proxy) write(client net.Conn, piece []byte, f Fault) bool {
	step := len(piece)
	if f.Drip {
		step = 1
	}
	for len(piece) > 0 {
		if f.Drip && !p.fault.Load().Drip { // over: the rest goes at once
			step, f.Delay = len(piece), 0
		}
		time.Sleep(f.Delay)
		if _, err := client.Write(piece[:step]); err != nil {
			return false
		}
		piece = piece[step:]
	}
	return true
}

// Close ends all connections.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.mu.Lock()
	p.closed = true
	for c := range p.open {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.busy.Wait()
	return err
}
