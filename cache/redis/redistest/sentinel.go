package redistest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// MasterName is what Sentinels call their master.
const MasterName = "cache"

// Sentinels are a master, its replica, and three Sentinels that watch them.
type Sentinels struct {
	Master, Replica *Server
	watchers        []*watcher
}

// watcher is a Sentinel.
type watcher struct {
	*process
	address, folder string
}

const sentinels = 3

// StartSentinels starts them and waits until they know each other. args are for
// master and replica.
func StartSentinels(args ...string) (_ *Sentinels, err error) {
	s := &Sentinels{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.Master, err = Start(args...); err != nil {
		return s, err
	}
	host, port, err := net.SplitHostPort(s.Master.Address)
	if err != nil {
		return s, err
	}
	if s.Replica, err = Start(append([]string{"--replicaof", host + " " + port}, args...)...); err != nil {
		return s, err
	}
	if err = Await(startTime, func(ctx context.Context) error { return linkedUp(ctx, s.Replica) }); err != nil {
		return s, err
	}
	for range sentinels {
		w, err := startWatcher(host, port)
		if err != nil {
			return s, err
		}
		s.watchers = append(s.watchers, w)
	}
	return s, Await(startTime, s.complete)
}

// startWatcher starts a Sentinel, which writes into its own configuration.
func startWatcher(host, port string) (*watcher, error) {
	folder, err := os.MkdirTemp("", "redistest-")
	if err != nil {
		return nil, err
	}
	own, err := freePort()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder, "sentinel.conf")
	configuration := fmt.Sprintf(`port %d
bind 127.0.0.1
dir %s
logfile %s
sentinel monitor %s %s %s 2
sentinel down-after-milliseconds %s %d
sentinel failover-timeout %s 3000
`, own, folder, filepath.Join(folder, "log"), MasterName, host, port, MasterName, (500 * time.Millisecond).Milliseconds(), MasterName)
	if err := os.WriteFile(file, []byte(configuration), 0o600); err != nil {
		return nil, err
	}
	w := &watcher{address: net.JoinHostPort("127.0.0.1", strconv.Itoa(own)), folder: folder}
	w.process, err = startProcess([]string{Program, file, "--sentinel"})
	return w, err
}

// complete reports what is missing until each Sentinel knows the others and the
// replica.
func (s *Sentinels) complete(ctx context.Context) error {
	for _, w := range s.watchers {
		server := &Server{Address: w.address}
		client := server.Client()
		defer client.Close()
		fields, err := client.Do(ctx, "SENTINEL", "MASTER", MasterName).StringSlice()
		if err != nil {
			return err
		}
		state := make(map[string]string)
		for i := 0; i+1 < len(fields); i += 2 {
			state[fields[i]] = fields[i+1]
		}
		if state["num-other-sentinels"] != strconv.Itoa(sentinels-1) || state["num-slaves"] != "1" || state["flags"] != "master" {
			return fmt.Errorf("a Sentinel knows %s others and %s replicas", state["num-other-sentinels"], state["num-slaves"])
		}
	}
	return nil
}

// Promoted returns nil once the Sentinels name the replica as the master.
func (s *Sentinels) Promoted(ctx context.Context) error {
	for _, w := range s.watchers {
		server := &Server{Address: w.address}
		client := server.Client()
		defer client.Close()
		address, err := client.Do(ctx, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", MasterName).StringSlice()
		if err != nil {
			return err
		}
		if net.JoinHostPort(address[0], address[1]) != s.Replica.Address {
			return errors.New("the replica is no master yet")
		}
	}
	client := s.Replica.Client()
	defer client.Close()
	info, err := client.Info(ctx, "replication").Result()
	if err == nil && !strings.Contains(info, "role:master") {
		err = errors.New("the replica is no master yet")
	}
	return err
}

// Addresses are those of the Sentinels, separated by commas.
func (s *Sentinels) Addresses() string {
	all := make([]string, len(s.watchers))
	for i, w := range s.watchers {
		all[i] = w.address
	}
	return strings.Join(all, ",")
}

// Close ends all of them.
func (s *Sentinels) Close() error {
	var errs []error
	for _, w := range s.watchers {
		if w.process != nil {
			w.close()
		}
		errs = append(errs, os.RemoveAll(w.folder))
	}
	for _, server := range []*Server{s.Replica, s.Master} {
		if server != nil {
			errs = append(errs, server.Close())
		}
	}
	return errors.Join(errs...)
}
