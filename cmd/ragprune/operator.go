package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/ragprune/ragprune/api"
)

// operatorSettings open a port for whoever runs the service.
type operatorSettings struct {
	OperatorListen string `help:"Address for operators alone: /metrics, /livez, /readyz and /debug/pprof, without a key. Empty: none; profiles are nowhere else." env:"RAGPRUNE_OPERATOR_LISTEN" group:"http" placeholder:"ADDRESS"`
}

// operator is the server of that port; nil if there is none.
type operator struct {
	server   *http.Server
	listener net.Listener
}

// listenForOperators opens the port; nil if none is wanted.
func (s operatorSettings) listenForOperators(h *api.Handler, logger *slog.Logger) (*operator, error) {
	if s.OperatorListen == "" {
		return nil, nil
	}
	listener, err := net.Listen("tcp", s.OperatorListen)
	if err != nil {
		return nil, &settingError{"RAGPRUNE_OPERATOR_LISTEN", err}
	}
	mux := http.NewServeMux()
	mux.Handle("/", h.Operator())
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	logger.Info("operators listen", "address", listener.Addr().String())
	return &operator{
		// A profile may take as long as it was asked to.
		server:   &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn)},
		listener: listener,
	}, nil
}

// run serves until close.
func (o *operator) run(logger *slog.Logger) {
	if o == nil {
		return
	}
	if err := o.server.Serve(o.listener); !errors.Is(err, http.ErrServerClosed) {
		logger.Error("the operator port failed", "error", err)
	}
}

// close ends the server; a profile under way ends with ctx.
func (o *operator) close(ctx context.Context) error {
	if o == nil {
		return nil
	}
	if err := o.server.Shutdown(ctx); err != nil {
		return o.server.Close()
	}
	return nil
}
