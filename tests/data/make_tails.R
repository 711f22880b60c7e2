# Rscript tests/data/make_tails.R > tests/data/tails.csv
# Logarithms of tail probabilities by R: law, value, parameters, log of the tail. Which arguments: n from d + 2 to 1e9,
# d to 64, and tails from the bulk to 10^-300000.
options(digits = 17)
row <- function(law, x, a, b, log_p) {
  ok <- is.finite(log_p) & log_p < -1e-300
  cat(sprintf("%s,%.17g,%.17g,%.17g,%.17g\n", law, x, a, b, log_p)[ok], sep = "")
}
cat("law,x,a,b,log_p\n")
bulk <- c(0.02, 0.5, 0.9, 1, 1.1, 2, 5)
depth <- c(20, 400, 5000, 690775)   # -log p, about
for (d in c(1, 2, 3, 10, 11, 64)) {
  x <- c(bulk * d, 2 * depth)
  row("chi_square", x, d, 0, pchisq(x, d, lower.tail = FALSE, log.p = TRUE))
  for (n in c(d + 2, 100 + d, 1000, 1e5, 1e9)) {
    x <- c(bulk, (n - d) / d * expm1(pmin(2 * depth / (n - d), 300)))
    row("f", x, d, n - d, pf(x, d, n - d, lower.tail = FALSE, log.p = TRUE))
    a <- d / 2
    b <- (n - d - 1) / 2
    x <- c(bulk * a / (a + b), -expm1(-depth / b))
    x <- x[x > 0 & x < 1]
    row("upper_beta", x, a, b, pbeta(x, a, b, lower.tail = FALSE, log.p = TRUE))
    row("lower_beta", x, a, b, pbeta(x, a, b, log.p = TRUE))
  }
}
for (nu in c(1, 2, 3, 9, 30, 999, 1e6, 1e9)) {
  x <- c(-3, -0.5, bulk, sqrt(nu * expm1(pmin(2 * depth / nu, 300))))
  row("t", x, nu, 0, pt(x, nu, lower.tail = FALSE, log.p = TRUE))
}
