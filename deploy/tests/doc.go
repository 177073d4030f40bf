// Package tests tests what operators deploy: the compose file is loaded by
// compose's own library, the chart is rendered by Helm's and every object read
// strictly as the Kubernetes type that it claims to be, the Dockerfile is parsed
// by BuildKit's, and every metric that an alert or a panel names must be one
// that the service has.
//
//	../Dockerfile        the image, and ../../docker-compose.yml
//	../helm/ragprune     the chart, with the alerts
//	../monitoring        Prometheus and Grafana for docker-compose.yml
//	../README.md         for whoever runs it: every alert has its runbook there
//
// It is a module of its own, so that the libraries it needs do not become
// dependencies of ragprune.
package tests
