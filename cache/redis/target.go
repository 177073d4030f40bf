package redis

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// target is where Redis is and who asks.
type target struct {
	options   Options
	addresses []string
	cluster   bool
	database  int
	username  string
	password  string // that of the URL
	sentinel  string // password of the Sentinels
	tls       *tls.Config
}

// newTarget reads o, which has its defaults, and the files that it names.
func newTarget(o Options) (*target, error) {
	if err := o.validateValues(); err != nil {
		return nil, err
	}
	t := &target{options: o}
	encrypted, err := t.parseURL(o.URL)
	if err != nil {
		return nil, &OptionError{"URL", err}
	}
	if o.Username != "" {
		t.username = o.Username
	}
	if o.PasswordFile != "" {
		if _, err := readSecret(o.PasswordFile); err != nil {
			return nil, &OptionError{"PasswordFile", err}
		}
	}
	if t.username != "" && t.password == "" && o.PasswordFile == "" {
		return nil, &OptionError{"Username", errors.New("it has no password: set the file of the password too")}
	}
	if o.SentinelPasswordFile != "" {
		if o.Master == "" {
			return nil, &OptionError{"SentinelPasswordFile", errors.New("it needs the name of the master, too")}
		}
		if t.sentinel, err = readSecret(o.SentinelPasswordFile); err != nil {
			return nil, &OptionError{"SentinelPasswordFile", err}
		}
	}
	return t, t.loadTLS(encrypted)
}

// parseURL sets what the URL says, and reports whether it asks for TLS. Its
// errors do not repeat the URL, which may hold a password.
func (t *target) parseURL(url string) (encrypted bool, err error) {
	if url == "" {
		return false, errors.New("it is empty, want redis://host:port")
	}
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		scheme, rest = "redis", url
	}
	switch scheme {
	case "redis", "rediss":
	case "redis+cluster", "rediss+cluster":
		t.cluster = true
	default:
		return false, fmt.Errorf("the scheme %.20q is not known, want redis, rediss (TLS), redis+cluster or rediss+cluster", scheme)
	}
	rest = strings.ReplaceAll(rest, ","+scheme+"://", ",") // some repeat the scheme
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		t.username, t.password, _ = strings.Cut(rest[:at], ":")
		rest = rest[at+1:]
	}
	hosts, database, _ := strings.Cut(rest, "/")
	if strings.ContainsAny(rest, "?#") {
		return false, errors.New("it has parameters after ? or #; there is a setting for each of what can be set")
	}
	if database != "" {
		if t.database, err = strconv.Atoi(database); err != nil || t.database < 0 {
			return false, errors.New("what follows the / is not the number of a database")
		}
	}
	if err := t.parseAddresses(hosts); err != nil {
		return false, err
	}
	t.cluster = t.cluster || len(t.addresses) > 1 && t.options.Master == ""
	switch {
	case t.cluster && t.options.Master != "":
		return false, errors.New("a Cluster has no master that Sentinels watch: use redis:// or leave the master out")
	case t.cluster && t.database != 0:
		return false, errors.New("a Cluster has the database 0 only")
	}
	return strings.HasPrefix(scheme, "rediss"), nil
}

// parseAddresses adds the usual port where there is none.
func (t *target) parseAddresses(hosts string) error {
	port := "6379"
	if t.options.Master != "" {
		port = "26379"
	}
	for address := range strings.SplitSeq(hosts, ",") {
		address = strings.TrimSpace(address)
		host, own, err := net.SplitHostPort(address)
		if err != nil {
			host, own = strings.Trim(address, "[]"), port
		}
		number, err := strconv.ParseUint(own, 10, 16)
		if host == "" || err != nil || number == 0 || strings.ContainsAny(host, " \t") {
			return fmt.Errorf("address %d is not host:port", len(t.addresses)+1)
		}
		t.addresses = append(t.addresses, net.JoinHostPort(host, own))
	}
	return nil
}

func (t *target) loadTLS(encrypted bool) error {
	o := t.options
	if !encrypted {
		for field, value := range map[string]string{
			"CAFile": o.CAFile, "CertFile": o.CertFile, "KeyFile": o.KeyFile, "ServerName": o.ServerName,
		} {
			if value != "" {
				return &OptionError{field, errors.New("it needs a URL with TLS, which begins with rediss")}
			}
		}
		return nil
	}
	t.tls = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: o.ServerName}
	if o.CAFile != "" {
		data, err := os.ReadFile(o.CAFile)
		if err != nil {
			return &OptionError{"CAFile", err}
		}
		t.tls.RootCAs = x509.NewCertPool()
		if !t.tls.RootCAs.AppendCertsFromPEM(data) {
			return &OptionError{"CAFile", fmt.Errorf("%s has no certificate in PEM", o.CAFile)}
		}
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		return &OptionError{"CertFile", errors.New("the certificate and its key go together")}
	}
	if o.CertFile != "" {
		certificate, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		if err != nil {
			return &OptionError{"CertFile", err}
		}
		t.tls.Certificates = []tls.Certificate{certificate}
	}
	return nil
}

// longestSecret bounds what is read as a password.
const longestSecret = 64 << 10

// readSecret reads a file without the end of its line.
func readSecret(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Size() > longestSecret {
		return "", fmt.Errorf("%s has %d bytes; that is no password", path, info.Size())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	secret := strings.TrimRight(string(data), "\r\n")
	if secret == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return secret, nil
}

// client returns a client that has no connection yet. It tries nothing twice:
// a fault is a miss, and the breaker says when to ask again. A command waits
// for its context and no longer. Plain RESP2, with none of what new servers
// offer: the less is said, the less can go wrong.
func (t *target) client(dialed func()) goredis.UniversalClient {
	o := t.options
	return goredis.NewUniversalClient(&goredis.UniversalOptions{
		Addrs: t.addresses, IsClusterMode: t.cluster, MasterName: o.Master, DB: t.database,
		SentinelPassword:           t.sentinel,
		CredentialsProviderContext: t.credentials(),
		Dialer:                     t.dialer(dialed),
		Protocol:                   2,
		MaxRetries:                 -1,
		MinRetryBackoff:            -1,
		MaxRetryBackoff:            -1,
		MaxRedirects:               2, // of a Cluster whose slots moved
		DialTimeout:                o.background(),
		DialerRetries:              1,
		ReadTimeout:                o.background(),
		WriteTimeout:               o.background(),
		PoolTimeout:                o.Timeout,
		ContextTimeoutEnabled:      true,
		PoolSize:                   o.Connections,
		PipelinePoolSize:           -1, // all is pipelined; one pool is one bound
		ConnMaxIdleTime:            5 * time.Minute,
		DisableIdentity:            true,
		FailingTimeoutSeconds:      1,
		MaintNotificationsConfig:   &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
}

// credentials gives user and password for a new connection.
func (t *target) credentials() func(context.Context) (string, string, error) {
	return func(context.Context) (string, string, error) {
		if t.options.PasswordFile == "" {
			return t.username, t.password, nil
		}
		password, err := readSecret(t.options.PasswordFile)
		return t.username, password, err
	}
}

// dialer connects, and keeps to its context also while it encrypts.
func (t *target) dialer(dialed func()) func(ctx context.Context, network, address string) (net.Conn, error) {
	plain := &net.Dialer{Timeout: t.options.background()}
	if t.tls == nil {
		return func(ctx context.Context, network, address string) (net.Conn, error) {
			dialed()
			return plain.DialContext(ctx, network, address)
		}
	}
	encrypted := &tls.Dialer{NetDialer: plain, Config: t.tls}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		dialed()
		return encrypted.DialContext(ctx, network, address)
	}
}
