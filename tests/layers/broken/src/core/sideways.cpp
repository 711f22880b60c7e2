#include "comm/group.hpp"
#  include "../store/private.hpp"
