# Rscript tests/data/make_mcd.R > tests/data/mcd.csv
# Correction factors of the MCD by robustbase: features, records, alpha, small sample (raw, reweighted), consistency. For
# alpha = 0.5 and up to 20 features robustbase has a table of its own, which trawl does not use: left out.
suppressMessages(library(robustbase))
cat("features,records,alpha,raw,reweighted,consistency\n")
for (p in c(1, 2, 3, 7, 20, 40)) for (n in c(30, 75, 1000)) for (alpha in c(0.5, 0.6, 0.75, 0.875, 0.9, 1)) {
  if ((alpha == 0.5 && p <= 20) || n < 3 * p) next
  cat(sprintf("%d,%d,%g,%.17g,%.17g,%.17g\n", p, n, alpha, robustbase:::.MCDcnp2(p, n, alpha),
              robustbase:::.MCDcnp2.rew(p, n, alpha), robustbase:::.MCDcons(p, alpha)))
}
