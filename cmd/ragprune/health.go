package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

type healthCommand struct {
	Listen  string        `help:"Address the service listens on." env:"RAGPRUNE_LISTEN" group:"http" default:"127.0.0.1:8080"`
	Timeout time.Duration `help:"Longest wait for the answer." default:"3s"`
}

// Run succeeds if the service says that it is ready.
func (c healthCommand) Run(ctx context.Context, std streams) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	url, err := readyURL(c.Listen)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, response.Status)
	}
	_, err = fmt.Fprintln(std.out, "ready")
	return err
}

// readyURL is the address to ask: a service that listens on every address is
// asked on the loopback.
func readyURL(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", &settingError{"RAGPRUNE_LISTEN", err}
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port) + "/readyz", nil
}
