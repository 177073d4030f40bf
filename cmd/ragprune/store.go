package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ragprune/ragprune/cache"
	"github.com/ragprune/ragprune/cache/redis"
	"github.com/ragprune/ragprune/prune"
)

// redisSettings say which Redis processes share, if any.
type redisSettings struct {
	RedisURL                  string        `name:"redis-url" help:"Redis that processes share scores in: redis://host:port, rediss:// for TLS, several addresses or redis+cluster:// for a Cluster. Default: none. A password belongs into the file." env:"RAGPRUNE_REDIS_URL" group:"cache" placeholder:"URL"`
	RedisMaster               string        `help:"Master that the Sentinels at the URL watch." env:"RAGPRUNE_REDIS_MASTER" group:"cache" placeholder:"NAME"`
	RedisUsername             string        `help:"User of the access list." env:"RAGPRUNE_REDIS_USERNAME" group:"cache" placeholder:"NAME"`
	RedisPasswordFile         string        `help:"File with the password; read again for each connection." env:"RAGPRUNE_REDIS_PASSWORD_FILE" group:"cache" placeholder:"FILE"`
	RedisSentinelPasswordFile string        `help:"File with the password of the Sentinels." env:"RAGPRUNE_REDIS_SENTINEL_PASSWORD_FILE" group:"cache" placeholder:"FILE"`
	RedisCAFile               string        `name:"redis-ca-file" help:"Certificates (PEM) that sign the server's. Default: those of the system." env:"RAGPRUNE_REDIS_CA_FILE" group:"cache" placeholder:"FILE"`
	RedisCertFile             string        `help:"Own certificate (PEM) for a server that asks for one." env:"RAGPRUNE_REDIS_CERT_FILE" group:"cache" placeholder:"FILE"`
	RedisKeyFile              string        `help:"Key (PEM) of that certificate." env:"RAGPRUNE_REDIS_KEY_FILE" group:"cache" placeholder:"FILE"`
	RedisServerName           string        `help:"Name that the server's certificate must be for. Default: the host." env:"RAGPRUNE_REDIS_SERVER_NAME" group:"cache" placeholder:"NAME"`
	RedisPrefix               string        `help:"What keys begin with; services with one prefix share scores." env:"RAGPRUNE_REDIS_PREFIX" group:"cache" default:"ragprune"`
	RedisTTL                  time.Duration `name:"redis-ttl" help:"How long a score is kept in Redis; 0: until Redis evicts it." env:"RAGPRUNE_REDIS_TTL" group:"cache" default:"24h"`
	RedisTimeout              time.Duration `help:"Longest wait for Redis; then the score is computed." env:"RAGPRUNE_REDIS_TIMEOUT" group:"cache" default:"50ms"`
	RedisLease                time.Duration `help:"How long to wait for another process that died while computing a score; 0: do not wait for each other." env:"RAGPRUNE_REDIS_LEASE" group:"cache" default:"250ms"`
	RedisConnections          int           `help:"Most connections to each server." env:"RAGPRUNE_REDIS_CONNECTIONS" group:"cache" default:"16"`
}

// redisOptions are those of the store.
func (s redisSettings) redisOptions(registry prometheus.Registerer, logger *slog.Logger) redis.Options {
	return redis.Options{
		URL: s.RedisURL, Master: s.RedisMaster, Username: s.RedisUsername,
		PasswordFile: s.RedisPasswordFile, SentinelPasswordFile: s.RedisSentinelPasswordFile,
		CAFile: s.RedisCAFile, CertFile: s.RedisCertFile, KeyFile: s.RedisKeyFile, ServerName: s.RedisServerName,
		Prefix: s.RedisPrefix, TTL: s.RedisTTL, Timeout: s.RedisTimeout, Lease: s.RedisLease, Connections: s.RedisConnections,
		Registry: registry, Logger: logger,
	}
}

// redisVariable names the setting of an option.
func redisVariable(field string) string {
	return map[string]string{ //nolint:gosec // names of settings, no secrets
		"URL": "RAGPRUNE_REDIS_URL", "Username": "RAGPRUNE_REDIS_USERNAME",
		"PasswordFile": "RAGPRUNE_REDIS_PASSWORD_FILE", "SentinelPasswordFile": "RAGPRUNE_REDIS_SENTINEL_PASSWORD_FILE",
		"CAFile": "RAGPRUNE_REDIS_CA_FILE", "CertFile": "RAGPRUNE_REDIS_CERT_FILE", "KeyFile": "RAGPRUNE_REDIS_KEY_FILE",
		"ServerName": "RAGPRUNE_REDIS_SERVER_NAME", "Prefix": "RAGPRUNE_REDIS_PREFIX", "TTL": "RAGPRUNE_REDIS_TTL",
		"Timeout": "RAGPRUNE_REDIS_TIMEOUT", "Lease": "RAGPRUNE_REDIS_LEASE", "Connections": "RAGPRUNE_REDIS_CONNECTIONS",
	}[field]
}

// redisError names the setting that err is about.
func redisError(err error) error {
	if o, ok := errors.AsType[*redis.OptionError](err); ok {
		return &settingError{redisVariable(o.Field), o.Err}
	}
	return err
}

// validateRedis reports settings that make no sense, before anything is loaded.
func (s redisSettings) validateRedis() error {
	if s.RedisURL == "" {
		for name, value := range map[string]string{
			"RAGPRUNE_REDIS_MASTER": s.RedisMaster, "RAGPRUNE_REDIS_USERNAME": s.RedisUsername,
			"RAGPRUNE_REDIS_PASSWORD_FILE": s.RedisPasswordFile, "RAGPRUNE_REDIS_CA_FILE": s.RedisCAFile,
		} {
			if value != "" {
				return &settingError{name, errors.New("it needs RAGPRUNE_REDIS_URL too")}
			}
		}
		return nil
	}
	return redisError(s.redisOptions(nil, nil).Validate())
}

// store keeps scores: in memory, and in Redis if there is one.
type store struct {
	prune.Store // nil: nothing is kept
	memory      *cache.Memory
	redis       *redis.Store // nil: none
}

// openStore builds what the settings say. A Redis that does not answer is no
// error.
func openStore(ctx context.Context, s cacheSettings, registry prometheus.Registerer, logger *slog.Logger) (*store, error) {
	if s.CacheBytes == 0 && s.RedisURL == "" {
		return &store{}, nil
	}
	o := cache.Options{Bytes: s.CacheBytes, TTL: s.CacheTTL, Registry: registry}
	if s.CacheBytes == 0 {
		o.Bytes = 1 // Redis alone
	}
	memory, err := cache.NewMemory(o)
	if err != nil {
		return nil, &settingError{"RAGPRUNE_CACHE_BYTES", err}
	}
	if s.RedisURL == "" {
		return &store{Store: memory, memory: memory}, nil
	}
	shared, err := redis.New(ctx, s.redisOptions(registry, logger))
	if err != nil {
		return nil, errors.Join(redisError(err), memory.Close())
	}
	return &store{Store: cache.NewTiered(memory, shared), memory: memory, redis: shared}, nil
}

// works tells whether Redis can be used now; nil if there is none.
func (s *store) works() func() bool {
	if s.redis == nil {
		return nil
	}
	return s.redis.Healthy
}

// close writes what is left to Redis and ends the connections.
func (s *store) close() error {
	var errs []error
	if s.redis != nil {
		if err := s.redis.Close(); err != nil {
			errs = append(errs, fmt.Errorf("closing the connections to Redis: %w", err))
		}
	}
	if s.memory != nil {
		errs = append(errs, s.memory.Close())
	}
	return errors.Join(errs...)
}
