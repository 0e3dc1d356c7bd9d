"""Operations written as layers."""
