package remote

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
)

// address is where an endpoint is.
type address struct {
	scheme, host, path string
}

// String is the endpoint as logs and metrics name it.
func (a address) String() string { return a.scheme + "://" + a.host + a.path }

func (a address) secure() bool { return a.scheme == "https" || a.scheme == "grpcs" }

// parseAddress reads an endpoint. No error repeats it, as it may hold a secret.
func parseAddress(endpoint string) (address, error) {
	u, err := url.Parse(strings.TrimSpace(endpoint))
	if err != nil {
		return address{}, errors.New("an endpoint is no URL, want for example http://engine:8000")
	}
	a := address{scheme: u.Scheme, host: u.Host, path: strings.TrimRight(u.Path, "/")}
	switch {
	case u.User != nil:
		return a, errors.New("an endpoint has a user or a password, which engines do not ask for")
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "grpc" && u.Scheme != "grpcs":
		return a, fmt.Errorf("the scheme %q is not known, want http, https, grpc or grpcs", u.Scheme)
	case u.Hostname() == "":
		return a, errors.New("an endpoint has no host, want for example http://engine:8000")
	case u.RawQuery != "" || u.Fragment != "":
		return a, fmt.Errorf("the endpoint at %s has something behind its path", u.Host)
	case strings.HasPrefix(u.Scheme, "grpc") && (u.Port() == "" || a.path != ""):
		return a, fmt.Errorf("the endpoint at %s is not scheme://host:port, as gRPC wants", u.Host)
	case a.path == "/v2" || strings.HasSuffix(a.path, "/v2"):
		return a, fmt.Errorf("leave out /v2 from the endpoint at %s", u.Host)
	}
	return a, nil
}

// tls is how endpoints with TLS are known.
func (o Options) tls() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CAFile == "" {
		return c, nil
	}
	secure := false
	addresses, _ := o.addresses()
	for _, a := range addresses {
		secure = secure || a.secure()
	}
	if !secure {
		return nil, errors.New("it needs an endpoint with TLS")
	}
	data, err := os.ReadFile(o.CAFile)
	if err != nil {
		return nil, err
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("%s has no certificate in PEM", o.CAFile)
	}
	return c, nil
}
