package redis_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ragprune/ragprune/cache/redis"
)

// The password is read again for new connections, so it can be changed while
// the service runs.
func TestUserAndPasswordFromFile(t *testing.T) {
	server := startServer(t, "--user", "default", "on", "nopass", "~*", "+@all",
		"--user", "pruner", "on", ">old", "~ragprune:*", "+getrange", "+set", "+get", "+del", "+pexpire")
	file := filepath.Join(t.TempDir(), "password")
	fatal(t, os.WriteFile(file, []byte("old\n"), 0o600))
	s := open(t, redis.Options{URL: server.Address, Username: "pruner", PasswordFile: file, Lease: time.Second})
	put(t, s, key(1), "one")

	fatal(t, server.Do(t.Context(), "ACL", "SETUSER", "pruner", "resetpass", ">new"))
	fatal(t, server.Do(t.Context(), "CLIENT", "KILL", "USER", "pruner"))
	eventually(t, "the old password still works", func() bool { return get(s, key(1)) == nil })
	fatal(t, os.WriteFile(file, []byte("new\n"), 0o600))
	eventually(t, "the new password does not work", func() bool { return string(get(s, key(1))) == "one" })
}

func TestTLS(t *testing.T) {
	folder := t.TempDir()
	ca, caKey := certificate(t, folder, "ca", nil, nil)
	certificate(t, folder, "server", ca, caKey)
	certificate(t, folder, "client", ca, caKey)
	path := func(name string) string { return filepath.Join(folder, name) }
	server := startServer(t, "--tls-port", "0")
	_, port, err := net.SplitHostPort(server.Address)
	fatal(t, err)
	server.Kill()
	if err := server.Restart("--port", "0", "--tls-port", port, "--tls-cert-file", path("server.pem"), "--tls-key-file", path("server.key"),
		"--tls-ca-cert-file", path("ca.pem"), "--tls-auth-clients", "yes"); err != nil {
		t.Skipf("this redis-server has no TLS: %v", err)
	}
	url := "rediss://" + server.Address
	good := open(t, redis.Options{URL: url, CAFile: path("ca.pem"), CertFile: path("client.pem"), KeyFile: path("client.key")})
	put(t, good, key(1), "one")
	for name, o := range map[string]redis.Options{
		"unknown authority":     {URL: url, CertFile: path("client.pem"), KeyFile: path("client.key")},
		"another name":          {URL: url, CAFile: path("ca.pem"), ServerName: "other", CertFile: path("client.pem"), KeyFile: path("client.key")},
		"no client certificate": {URL: url, CAFile: path("ca.pem")},
		"no TLS":                {URL: server.Address},
	} {
		if s := open(t, o); s.Healthy() || get(s, key(1)) != nil {
			t.Errorf("%s: a value came through", name)
		}
	}
}

// certificate writes NAME.pem and NAME.key into folder; without a parent it is
// an authority.
func certificate(t *testing.T, folder, name string, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	fatal(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: parent == nil,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if parent == nil {
		parent, parentKey = template, own
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, own.Public(), parentKey)
	fatal(t, err)
	keyDER, err := x509.MarshalECPrivateKey(own)
	fatal(t, err)
	write := func(file, kind string, bytes []byte) {
		fatal(t, os.WriteFile(filepath.Join(folder, file), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o600))
	}
	write(name+".pem", "CERTIFICATE", der)
	write(name+".key", "EC PRIVATE KEY", keyDER)
	out, err := x509.ParseCertificate(der)
	fatal(t, err)
	return out, own
}
