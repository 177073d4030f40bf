// Package fit chooses the thresholds of a model and the calibration of its
// scores on labelled data: what models/export/choose.py shows for the default
// bundles, for anyone's own data.
//
//	score.go      Score: every passage of a plan read once by the model
//	fit.go        Fit: presets and calibration; CrossCheck: what they are worth
//	threshold.go  the highest threshold that keeps a share of the answers
//	platt.go      the calibration, by the method of Platt
//
// Every set weighs the same, however many rows it has, as in the reports of
// package eval, and passages that help weigh as much as those that do not.
//
// What is not here: reading data and drawing negatives (package eval and
// eval/dataset), and manifests (package models).
package fit
