package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragprune/ragprune/labeler"
	"github.com/ragprune/ragprune/models/remote"
	"github.com/ragprune/ragprune/models/workers"
	"github.com/ragprune/ragprune/prune"
)

// remoteSettings say which serving engine runs the pruner's graph, if any.
type remoteSettings struct {
	Remote            []string      `help:"Endpoints of a serving engine that runs the model (Open Inference Protocol v2): http://host:port, https://, grpc:// or grpcs://. Default: none, the model runs here." env:"RAGPRUNE_REMOTE" group:"model" placeholder:"URL,..."`
	RemoteModel       string        `help:"Name of the model on the engine. Default: the name of the bundle." env:"RAGPRUNE_REMOTE_MODEL" group:"model" placeholder:"NAME"`
	RemoteTimeout     time.Duration `help:"Longest wait for one endpoint; then another is asked." env:"RAGPRUNE_REMOTE_TIMEOUT" group:"model" default:"5s"`
	RemoteConcurrency int           `help:"Windows on their way to the engine at once." env:"RAGPRUNE_REMOTE_CONCURRENCY" group:"model" default:"64"`
	RemoteCAFile      string        `name:"remote-ca-file" help:"Certificates (PEM) that sign the engine's. Default: those of the system." env:"RAGPRUNE_REMOTE_CA_FILE" group:"model" placeholder:"FILE"`
}

// maxRemoteConcurrency bounds the windows that wait for an engine.
const maxRemoteConcurrency = 4096

func (s remoteSettings) remoteOptions(name string) remote.Options {
	if s.RemoteModel != "" {
		name = s.RemoteModel
	}
	return remote.Options{Endpoints: s.Remote, Model: name, Timeout: s.RemoteTimeout, CAFile: s.RemoteCAFile}
}

// validateRemote reports settings that make no sense, before anything is loaded.
// timeout is that of a request; 0 means none.
func (s remoteSettings) validateRemote(timeout time.Duration) error {
	if len(s.Remote) == 0 {
		for name, value := range map[string]string{"RAGPRUNE_REMOTE_MODEL": s.RemoteModel, "RAGPRUNE_REMOTE_CA_FILE": s.RemoteCAFile} {
			if value != "" {
				return &settingError{name, errors.New("it needs RAGPRUNE_REMOTE too")}
			}
		}
		return nil
	}
	if s.RemoteConcurrency < 1 || s.RemoteConcurrency > maxRemoteConcurrency {
		return &settingError{"RAGPRUNE_REMOTE_CONCURRENCY", fmt.Errorf("%d is out of range, want 1 to %d", s.RemoteConcurrency, maxRemoteConcurrency)}
	}
	if timeout > 0 && s.RemoteTimeout >= timeout {
		return &settingError{"RAGPRUNE_REMOTE_TIMEOUT", fmt.Errorf("%v leaves no time for another endpoint within RAGPRUNE_TIMEOUT, %v", s.RemoteTimeout, timeout)}
	}
	return remoteError(s.remoteOptions(bundleName).Validate())
}

// remoteError names the setting that err is about.
func remoteError(err error) error {
	o, ok := errors.AsType[*remote.OptionError](err)
	if !ok {
		return err
	}
	variable := map[string]string{
		"Endpoints": "RAGPRUNE_REMOTE", "Model": "RAGPRUNE_REMOTE_MODEL", "Timeout": "RAGPRUNE_REMOTE_TIMEOUT",
		"CAFile": "RAGPRUNE_REMOTE_CA_FILE", "Manifest": "RAGPRUNE_MODEL",
	}[o.Field]
	return &settingError{variable, o.Err}
}

// modelHost is where a graph runs: here, or on a serving engine.
type modelHost struct {
	runner labeler.Runner
	// pool bounds the runs; that of an engine is its own, as they only wait.
	pool   *workers.Pool
	remote *remote.Session // nil: here
}

// connect opens the graph here, or on the engine that the settings name.
func (m *pruningModel) connect(ctx context.Context, e *engine, registry prometheus.Registerer) (err error) {
	s := e.options.model.remoteSettings
	if len(s.Remote) == 0 {
		err = m.open(e.runtime)
		m.runner, m.pool = m.session, e.workers
		return err
	}
	if err = s.validateRemote(0); err != nil {
		return err
	}
	options := s.remoteOptions(m.bundle.Name)
	options.Manifest, options.Registry, options.Logger = m.bundle.Manifest, registry, e.options.logger
	if m.remote, err = remote.New(ctx, options); err != nil {
		return remoteError(err)
	}
	m.runner = m.remote
	if m.pool, err = workers.New(s.RemoteConcurrency); err != nil {
		return &settingError{"RAGPRUNE_REMOTE_CONCURRENCY", err}
	}
	e.options.logger.Info("the model runs on a serving engine", "model", m.bundle.ID(), "as", options.Model, "endpoints", s.Remote)
	return nil
}

// close ends what connect began.
func (m *pruningModel) close() error {
	if m.remote == nil {
		return m.loaded.close()
	}
	if m.pool != nil {
		m.pool.Close()
	}
	return m.remote.Close()
}

// digest stands for what scores depend on. An engine may run the graph in
// another precision, so its scores are not those of a process that runs it.
func (m *pruningModel) digest() string {
	if m.remote == nil {
		return m.loaded.digest()
	}
	return m.bundle.Digest() + "/remote"
}

// remoteHealthy tells whether the engine of the usual model can be used now;
// true where there is none.
func (e *engine) remoteHealthy() bool {
	m, release, err := e.acquire(context.Background(), "")
	if err != nil {
		return false
	}
	defer release()
	return m.pruning.remote == nil || m.pruning.remote.Healthy()
}

// remoteWorks is remoteHealthy, nil if the model runs here.
func (e *engine) remoteWorks() func() bool {
	if len(e.options.model.Remote) == 0 {
		return nil
	}
	return e.remoteHealthy
}

// ready returns nil while requests get an answer: without an engine they do if
// there is a fallback.
func (e *engine) ready() error {
	if prune.Fallback(e.options.model.Fallback) == prune.FallbackNone && !e.remoteHealthy() {
		return remote.ErrUnavailable
	}
	return nil
}
