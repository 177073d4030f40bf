// Package measure has the measures of ranking, classification and calibration
// that package eval reports, as functions of scores and labels alone.
//
//	ranking.go      average precision, reciprocal rank, nDCG of one ranking
//	cases.go        Case: something scored and labelled; AUC, calibration error
//	curve.go        answers kept against text removed
//	bootstrap.go    resampling and percentile intervals
//	f.go            F measure
//
// Equal scores are treated as in a random order: the rankings give the
// expected value over all orders of equals (McSherry and Najork 2008,
// Computing information retrieval performance measures efficiently in the
// presence of tied scores). A scorer that gives everything the same score
// therefore does as well as chance.
//
// Nothing to measure gives NaN. What is not here: what is scored, and tables.
package measure
